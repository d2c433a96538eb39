import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { BrokerLog } from './broker-log.ts'
import { describeStorageFault } from './describe-storage-fault.ts'
import { logFolder } from './segment-files.ts'
import type { SegmentLimits } from './segment-limits.ts'
import type { FromWriter, ToWriter } from './writer-messages.ts'

/** What the thread is started with. */
export interface WriterThreadData extends SegmentLimits {
  readonly dataDir: string
}

/** What the thread's owner sends: another client's port, or the wish to end. */
export type ToWriterThread =
  | { readonly kind: 'connect'; readonly port: MessagePort }
  | { readonly kind: 'close' }

interface Served {
  readonly log: BrokerLog
  readonly number: number
  /** Each client's cell 0 is 1 while it waits for a commit. */
  readonly clients: Map<MessagePort, Int32Array>
}

const options = workerData as WriterThreadData
const numbers = new Map<string, number>()
const served = new Map<number, Served>()
const ports = new Set<MessagePort>()

parentPort?.on('message', (message: ToWriterThread) => {
  if (message.kind === 'close') close()
  else connect(message.port)
})

function connect(port: MessagePort): void {
  ports.add(port)
  port.on('message', (message: ToWriter) => receive(port, message))
  port.on('close', () => {
    ports.delete(port)
    for (const number of served.keys()) detach(port, number)
  })
}

function close(): void {
  for (const { log } of served.values()) log.close()
  for (const port of ports) port.close()
  parentPort?.close()
}

function receive(port: MessagePort, message: ToWriter): void {
  if (message.kind === 'open') {
    open(port, message)
    return
  }
  if (message.kind === 'tick') {
    for (const { log } of served.values()) log.tick(message.now)
    return
  }
  if (message.kind === 'detach') {
    detach(port, message.log)
    send(port, { kind: 'detached', log: message.log })
    return
  }
  const found = served.get(message.log)
  if (found === undefined) return
  if (message.kind === 'append') append(port, found, message)
  else if (message.kind === 'release') found.log.release(message.offset, message.now)
  else found.log.setUnreadable(message.first, message.fault)
}

function open(port: MessagePort, message: ToWriter & { kind: 'open' }): void {
  const { call, broker, retention, now, waiting } = message
  try {
    const number = numbers.get(broker) ?? numbers.size
    numbers.set(broker, number)
    const found = served.get(number) ?? serve(broker, number, message)
    found.clients.set(port, waiting)
    found.log.setRetention(retention, now)
    const { id, bounds, state } = found.log
    send(port, { kind: 'opened', call, log: number, id, bounds: bounds.cells, state })
  } catch (error) {
    send(port, { kind: 'not-opened', call, detail: describeStorageFault(error) })
  }
}

function serve(broker: string, number: number, message: ToWriter & { kind: 'open' }): Served {
  const clients: Served['clients'] = new Map()
  const tell = (told: FromWriter) => {
    for (const client of clients.keys()) send(client, told)
  }
  const log = new BrokerLog(
    {
      ...options,
      broker,
      folder: logFolder(options.dataDir, broker),
      retention: message.retention,
      onState: (state) => tell({ kind: 'state', log: number, state }),
      onSegments: () => tell({ kind: 'segments', log: number }),
    },
    message.now,
  )
  const found: Served = { log, number, clients }
  served.set(number, found)
  return found
}

function append(port: MessagePort, found: Served, message: ToWriter & { kind: 'append' }): void {
  const { log, number, clients } = found
  const { rows, bytes, time } = message
  const result = log.commit(rows, bytes, time)
  if (typeof result !== 'number') {
    send(port, { kind: 'refused', log: number, problem: result })
    return
  }
  const answer: FromWriter = { kind: 'appended', log: number, first: result, bytes }
  port.postMessage(answer, [bytes.buffer as ArrayBuffer])
  for (const [client, waiting] of clients) {
    // The answer itself wakes the readers of the client that appended.
    if (Atomics.exchange(waiting, 0, 0) === 1 && client !== port) {
      send(client, { kind: 'wake', log: number })
    }
  }
  log.afterCommit(time)
}

function detach(port: MessagePort, number: number): void {
  const found = served.get(number)
  if (found === undefined) return
  found.clients.delete(port)
  if (found.clients.size > 0) return
  served.delete(number)
  found.log.close()
}

function send(port: MessagePort, message: FromWriter): void {
  port.postMessage(message)
}
