import { statfsSync } from 'node:fs'

const CHECK_BYTES = 8 * 1024 * 1024
const MIB = 1024 * 1024

/**
 * Refuses in good time: while there is space left for cursors and dead letters, without which
 * nothing could be delivered, and so nothing be freed.
 */
export class SpaceGuard {
  readonly #folder: string
  readonly #minFreeBytes: number
  #unchecked = Number.POSITIVE_INFINITY
  #fault: string | undefined

  constructor(folder: string, minFreeBytes: number) {
    this.#folder = folder
    this.#minFreeBytes = minFreeBytes
  }

  /** Why nothing may be written now, as of the last look. */
  get fault(): string | undefined {
    return this.#fault
  }

  /** Counts what is about to be written, and looks again after every few MiB. */
  count(bytes: number): void {
    this.#unchecked += bytes
    if (this.#unchecked >= CHECK_BYTES) this.look()
  }

  look(): void {
    this.#unchecked = 0
    try {
      const { bavail, bsize } = statfsSync(this.#folder)
      const free = bavail * bsize
      this.#fault =
        free >= this.#minFreeBytes
          ? undefined
          : `the disk is full (${toMiB(free)} MiB free, ${toMiB(this.#minFreeBytes)} MiB are kept)`
    } catch {
      // Writing will say what is wrong with the folder.
    }
  }
}

function toMiB(bytes: number): number {
  return Math.round(bytes / MIB)
}
