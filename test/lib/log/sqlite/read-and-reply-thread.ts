import { parentPort, workerData } from 'node:worker_threads'
import { SqliteEventLogs } from '#log/sqlite/sqlite-event-logs.ts'

// Another client in another thread: reads what is appended and appends one reply to each event,
// until it meets the event "last".
const logs = new SqliteEventLogs(workerData)
const log = await logs.open('demo/default', { ageMs: 1e12, bytes: undefined })
const signal = new AbortController().signal
const seen: string[] = []
let offset = 0
for (let isLast = false; !isLast; ) {
  const [read] = await log.read([{ partition: 0, offset }], { maxBytes: 1e6, waitMs: 5000, signal })
  if (read === undefined || read.next === offset) throw new Error(`Nothing came after ${offset}`)
  for (const { event, hops, partition, offset } of read.records) {
    if (hops > 0) continue
    const id = String(event.attributes.get('id'))
    seen.push(id)
    isLast ||= id === 'last'
    const attributes = new Map(event.attributes).set('id', `re-${id}`)
    const reply = { event: { attributes, data: undefined }, hops: 1, cause: { partition, offset } }
    await log.append([reply])
  }
  offset = read.next
}
await logs.close()
parentPort?.postMessage(seen)
