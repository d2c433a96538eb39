import type { MessagePort } from 'node:worker_threads'
import { Problem } from '#problems/problem.ts'
import type { Cancel, Clock } from '#time/clock.ts'
import { systemClock } from '#time/system-clock.ts'
import { checkBrokerName } from '../check-broker-name.ts'
import type { EventLog, EventLogs, Retention } from '../event-log.ts'
import { logFolder } from './segment-files.ts'
import { SqliteEventLog } from './sqlite-event-log.ts'
import type { FromWriter, ToWriter } from './writer-messages.ts'

export interface SqliteEventLogsOptions {
  /** The folder that the writer was started with. */
  readonly dataDir: string
  /** From `LogWriter.connect`; closed with this. */
  readonly port: MessagePort
  readonly clock?: Clock
  /** Per log: over this many calls that wait for their commit, `append` refuses: each holds its caller's memory. */
  readonly maxPendingCalls?: number
  /** Per log: over this many bytes that wait for their commit, `append` refuses. */
  readonly maxPendingBytes?: number
  /** Per log: when the oldest waits longer than this many milliseconds, `append` refuses. */
  readonly maxPendingMs?: number
  /** A log's fault came, changed or went (`undefined`). */
  readonly onFault?: (broker: string, fault: string | undefined) => void
}

interface Opening {
  readonly resolve: (opened: FromWriter & { readonly kind: 'opened' }) => void
  readonly reject: (error: Error) => void
}

const TICK_MS = 1000

/**
 * Logs in SQLite files, one partition (0) each, for one thread. All threads share the one writer.
 * `close` leaves the writer running.
 */
export class SqliteEventLogs implements EventLogs {
  readonly #options: SqliteEventLogsOptions
  readonly #port: MessagePort
  readonly #clock: Clock
  readonly #openings = new Map<number, Opening>()
  readonly #byBroker = new Map<string, Promise<SqliteEventLog>>()
  readonly #byNumber = new Map<number, SqliteEventLog>()
  readonly #brokers = new Map<number, string>()
  #calls = 0
  #cancelTick: Cancel
  #isClosed = false

  constructor(options: SqliteEventLogsOptions) {
    this.#options = options
    this.#port = options.port
    this.#clock = options.clock ?? systemClock
    this.#port.on('message', (message: FromWriter) => this.#receive(message))
    this.#port.on('close', () => this.#lose())
    this.#cancelTick = this.#clock.after(TICK_MS, () => this.#tick())
  }

  async open(broker: string, retention: Retention): Promise<EventLog> {
    checkBrokerName(broker)
    if (this.#isClosed) throw unavailable(broker, 'the event logs are closed')
    const known = this.#byBroker.get(broker)
    if (known !== undefined) {
      await this.#ask(broker, retention, (await known).waiting)
      return await known
    }
    const opening = this.#open(broker, retention)
    this.#byBroker.set(broker, opening)
    opening.catch(() => this.#byBroker.delete(broker))
    return opening
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelTick()
    await Promise.all([...this.#byNumber.values()].map((log) => log.close()))
    this.#port.close()
  }

  async #open(broker: string, retention: Retention): Promise<SqliteEventLog> {
    const waiting = new Int32Array(new SharedArrayBuffer(4))
    const opened = await this.#ask(broker, retention, waiting)
    const log = new SqliteEventLog({
      broker,
      folder: logFolder(this.#options.dataDir, broker),
      opened,
      waiting,
      clock: this.#clock,
      maxPendingBytes: this.#options.maxPendingBytes ?? 32 * 1024 * 1024,
      maxPendingCalls: this.#options.maxPendingCalls ?? 512,
      maxPendingMs: this.#options.maxPendingMs ?? 2000,
      send: (message, transfer) => this.#send(message, transfer),
      onClose: () => {
        this.#byBroker.delete(broker)
        this.#byNumber.delete(opened.log)
      },
    })
    this.#byNumber.set(opened.log, log)
    this.#brokers.set(opened.log, broker)
    if (opened.state.fault !== undefined) this.#options.onFault?.(broker, opened.state.fault)
    return log
  }

  #ask(
    broker: string,
    retention: Retention,
    waiting: Int32Array,
  ): Promise<FromWriter & { readonly kind: 'opened' }> {
    const call = this.#calls++
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(unavailable(broker, error.message))
      this.#openings.set(call, { resolve, reject: failed })
      this.#send({ kind: 'open', call, broker, retention, now: this.#clock.now(), waiting })
    })
  }

  #receive(message: FromWriter): void {
    if (message.kind === 'opened' || message.kind === 'not-opened') {
      const opening = this.#openings.get(message.call)
      this.#openings.delete(message.call)
      if (message.kind === 'opened') opening?.resolve(message)
      else opening?.reject(new Error(message.detail))
      return
    }
    const log = this.#byNumber.get(message.log)
    const before = log?.fault()
    log?.receive(message)
    const after = log?.fault()
    if (before === after) return
    this.#options.onFault?.(this.#brokers.get(message.log) ?? '', after)
  }

  /** The port is closed, from whichever side. */
  #lose(): void {
    this.#cancelTick()
    for (const { reject } of this.#openings.values()) reject(new Error('its writer has stopped'))
    this.#openings.clear()
    this.#isClosed = true
    // After close() there is none left; before it is done, an append may still wait for its answer.
    for (const log of this.#byNumber.values()) log.lose()
  }

  #tick(): void {
    this.#send({ kind: 'tick', now: this.#clock.now() })
    this.#cancelTick = this.#clock.after(TICK_MS, () => this.#tick())
  }

  #send(message: ToWriter, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer)
  }
}

function unavailable(broker: string, reason: string): Problem {
  return new Problem('log-unavailable', `Cannot open the event log of ${broker}: ${reason}`, {
    retryAfterSeconds: 10,
  })
}
