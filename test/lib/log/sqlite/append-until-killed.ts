import { writeSync } from 'node:fs'
import { startLogWriter } from '#log/sqlite/log-writer.ts'
import { SqliteEventLogs } from '#log/sqlite/sqlite-event-logs.ts'

// Appends events from eight callers at once and prints each offset with its id as soon as it is
// acknowledged. Whoever started it kills it.
const dataDir = process.argv[2] ?? ''
const run = process.argv[3] ?? ''
const writer = startLogWriter({ dataDir, segmentBytes: 256 * 1024, minFreeBytes: 0 })
const logs = new SqliteEventLogs({ dataDir, port: writer.connect() })
const log = await logs.open('demo/default', { ageMs: 1e12, bytes: undefined })
let made = 0
async function caller(): Promise<void> {
  for (;;) {
    const id = `${run}-${made++}`
    const attributes = new Map([
      ['specversion', '1.0'],
      ['id', id],
    ])
    const event = { attributes, data: Buffer.alloc(1 + (made % 3000), id) }
    const [position] = await log.append([{ event, hops: 0 }])
    writeSync(1, `${position?.offset} ${id}\n`)
  }
}
await Promise.all(Array.from({ length: 8 }, caller))
