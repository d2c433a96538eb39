import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const ROUNDS = 200

/** Median of appending 1 KiB to a file in `dir` and flushing it, in milliseconds. */
export function measureFlush(dir: string): number {
  const file = join(dir, `sluice-bench-flush-${process.pid}`)
  const fd = openSync(file, 'w')
  const bytes = Buffer.alloc(1024)
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now()
    writeSync(fd, bytes)
    fdatasyncSync(fd)
    times.push(performance.now() - started)
  }
  closeSync(fd)
  rmSync(file)
  return times.toSorted((a, b) => a - b)[ROUNDS / 2] ?? Number.NaN
}
