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
    await print(`${position?.offset} ${id}\n`)
  }
}

/** One write for a line, so that the kill does not cut it. */
async function print(line: string): Promise<void> {
  for (;;) {
    try {
      writeSync(1, line)
      return
    } catch (error) {
      // The reader is slower than we are.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      await new Promise(setImmediate)
    }
  }
}

await Promise.all(Array.from({ length: 8 }, caller))
