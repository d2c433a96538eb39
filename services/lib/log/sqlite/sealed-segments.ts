import { statSync } from 'node:fs'
import { removeSegment, segmentFile } from './segment-files.ts'
import { readNewestTime } from './segment-meta.ts'

interface Sealed {
  readonly first: number
  readonly bytes: number
  /** When its last record was appended; `undefined` until asked for. */
  newest: number | undefined
}

/** The segments of one log that are never written again, oldest first. */
export class SealedSegments {
  readonly #folder: string
  #segments: Sealed[] = []

  constructor(folder: string) {
    this.#folder = folder
  }

  /** On disk, of all of them. */
  get bytes(): number {
    let bytes = 0
    for (const segment of this.#segments) bytes += segment.bytes
    return bytes
  }

  /** Where the oldest one begins. */
  get first(): number | undefined {
    return this.#segments[0]?.first
  }

  /** Where the second oldest begins, so that everything in the oldest lies below. */
  get second(): number | undefined {
    return this.#segments[1]?.first
  }

  add(first: number, newest: number | undefined): void {
    const bytes = orUndefined(() => segmentBytes(this.#folder, first)) ?? 0
    this.#segments.push({ first, bytes, newest })
  }

  /** When the last record of the oldest one was appended, in milliseconds since 1970. */
  oldestTime(): number | undefined {
    const oldest = this.#segments[0]
    if (oldest === undefined) return undefined
    oldest.newest ??= readNewestTime(this.#folder, oldest.first) ?? this.#modified(oldest.first)
    return oldest.newest
  }

  /** Deletes the oldest one. False when it cannot be deleted now. */
  expire(): boolean {
    const oldest = this.#segments[0]
    if (oldest === undefined) return false
    try {
      removeSegment(this.#folder, oldest.first)
    } catch {
      return false
    }
    this.#segments.shift()
    return true
  }

  /** Forgets those that are not `present`, because somebody took them away. True when there were any. */
  forgetMissing(present: ReadonlySet<number>): boolean {
    const before = this.#segments.length
    this.#segments = this.#segments.filter(({ first }) => present.has(first))
    return this.#segments.length < before
  }

  has(first: number): boolean {
    return this.#segments.some((segment) => segment.first === first)
  }

  /** For a damaged segment, which cannot say how old its records are. */
  #modified(first: number): number | undefined {
    return orUndefined(() => statSync(segmentFile(this.#folder, first)).mtimeMs)
  }
}

/** The bytes of a segment on disk, with its write-ahead log. */
export function segmentBytes(folder: string, first: number): number {
  const file = segmentFile(folder, first)
  let bytes = 0
  for (const name of [file, `${file}-wal`]) {
    bytes += statSync(name, { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

/** What a file tells, where the folder can be looked into: housekeeping waits for better times. */
function orUndefined(look: () => number): number | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
