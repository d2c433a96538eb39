import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Where the log of `broker` (`<namespace>/<name>`) lives. */
export function logFolder(dataDir: string, broker: string): string {
  return join(dataDir, 'log', broker)
}

/** The file of the segment that begins at offset `first`; names sort as offsets do. */
export function segmentFile(folder: string, first: number): string {
  return join(folder, `${String(first).padStart(16, '0')}.db`)
}

/**
 * The first offsets of the segments in `folder`, ascending; none if there is no such folder.
 * Files of other names are not ours.
 */
export function listSegments(folder: string): number[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const firsts: number[] = []
  for (const name of names) if (/^\d{16}\.db$/.test(name)) firsts.push(Number(name.slice(0, 16)))
  return firsts.sort((a, b) => a - b)
}

/** Deletes a segment with what SQLite keeps beside it. What is not there is no error. */
export function removeSegment(folder: string, first: number): void {
  const file = segmentFile(folder, first)
  rmSync(file, { force: true })
  rmSync(`${file}-wal`, { force: true })
  rmSync(`${file}-shm`, { force: true })
}

/** Deletes a segment that holds nothing, if it can; the next one of its name takes it over. */
export function discardSegment(folder: string, first: number): void {
  try {
    removeSegment(folder, first)
  } catch {
    // An empty file is in nobody's way.
  }
}

/** Makes a folder and its parents so that they survive a power cut. */
export function makeFolder(folder: string): void {
  if (mkdirSync(folder, { recursive: true }) === undefined) return
  for (const parent of [
    join(folder, '..', '..', '..'),
    join(folder, '..', '..'),
    join(folder, '..'),
  ])
    syncFolder(parent)
}

/** Makes the names in `folder` durable, those of its files included. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
