import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventLog, NewRecord } from '#log/event-log.ts'
import { startLogWriter } from '#log/sqlite/log-writer.ts'
import { SqliteEventLogs } from '#log/sqlite/sqlite-event-logs.ts'

/** Appends and reads 1 KiB events, and prints rates and CPU time over all threads. */
const RECORDS = 200_000
const signal = new AbortController().signal
const dataDir = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
const writer = startLogWriter({ dataDir })
const logs = new SqliteEventLogs({ dataDir, port: writer.connect() })

let made = 0
function aRecord(): NewRecord {
  const attributes = new Map([
    ['specversion', '1.0'],
    ['id', `3f2b8a34-90aa-4d8c-9a9b-${made++}`],
    ['source', '/services/todo'],
    ['type', 'com.example.task.created'],
    ['subject', 'task-123'],
    ['time', '2026-01-01T00:00:00Z'],
    ['datacontenttype', 'application/json'],
    ['comexampleregion', 'north'],
  ])
  return { event: { attributes, data: Buffer.alloc(1024, 97) }, hops: 0 }
}

async function measure(name: string, count: number, run: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage()
  const from = performance.now()
  await run()
  const seconds = (performance.now() - from) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const rate = Math.round(count / seconds).toLocaleString('en')
  const each = ((user + system) / count).toFixed(2)
  console.log(`${name.padEnd(44)} ${rate.padStart(10)}/s  ${each.padStart(7)} µs CPU`)
}

/** `callers` callers, each with one call of `size` records in flight. */
async function appendAll(log: EventLog, count: number, size: number, callers: number) {
  let left = count
  const caller = async () => {
    while (left > 0) {
      left -= size
      await log.append(Array.from({ length: size }, aRecord))
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
}

async function readAll(log: EventLog, maxBytes: number): Promise<number> {
  let offset = 0
  let count = 0
  for (;;) {
    const [read] = await log.read([{ partition: 0, offset }], { maxBytes, waitMs: 0, signal })
    if (read === undefined || read.next === offset) return count
    count += read.records.length
    offset = read.next
  }
}

const open = (name: string) => logs.open(`bench/${name}`, { ageMs: 1e12, bytes: undefined })
const big = await open('big')
await appendAll(big, 20_000, 100, 2)
await measure('append, calls of 100, 2 callers', RECORDS, () => appendAll(big, RECORDS, 100, 2))
for (const maxBytes of [64 * 1024, 1024 * 1024]) {
  await measure(`read on, ${maxBytes / 1024} KiB at a time`, RECORDS + 20_000, async () => {
    await readAll(big, maxBytes)
  })
}
const single = await open('single')
await measure('append, single events, 64 callers', 100_000, () => appendAll(single, 100_000, 1, 64))
await measure('append, single events, 1 caller', 5000, () => appendAll(single, 5000, 1, 1))
await measure('read on, rows of few events', 105_000, async () => {
  await readAll(single, 1024 * 1024)
})
await logs.close()
await writer.close()
rmSync(dataDir, { recursive: true })
