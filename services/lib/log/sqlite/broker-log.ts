import { randomUUID } from 'node:crypto'
import type { Retention } from '../event-log.ts'
import { describeStorageFault } from './describe-storage-fault.ts'
import { LogBounds } from './log-bounds.ts'
import { logState, unavailable } from './log-state.ts'
import { SealedSegments, segmentBytes } from './sealed-segments.ts'
import { isSegmentDue } from './segment-due.ts'
import { discardSegment, listSegments, makeFolder } from './segment-files.ts'
import type { SegmentLimits } from './segment-limits.ts'
import { readLogId, readSegmentEnd } from './segment-meta.ts'
import { type SegmentMeta, SegmentWriter } from './segment-writer.ts'
import { settleSegment } from './settle-segment.ts'
import { SpaceGuard } from './space-guard.ts'
import type { LogState, SentProblem } from './writer-messages.ts'

export interface BrokerLogOptions extends SegmentLimits {
  readonly broker: string
  readonly folder: string
  readonly retention: Retention
  /** The state is another one. */
  readonly onState: (state: LogState) => void
  /** Segments were added or are gone. */
  readonly onSegments: () => void
}

const RETRY_MS = 1000

/**
 * The writing side of one Broker's log. Time comes in with every call, in milliseconds since 1970.
 *
 * After any failure to write, the segment is closed for ever and the next one begins above every
 * offset that was tried, because nobody can know what of a failed commit will turn up on the disk.
 */
export class BrokerLog {
  readonly id: string
  /** The log's start and end, for readers in other threads. */
  readonly bounds = new LogBounds()
  readonly #options: BrokerLogOptions
  readonly #sealed: SealedSegments
  readonly #space: SpaceGuard
  #retention: Retention
  #active: SegmentWriter | undefined
  #previous: SegmentMeta['previous']
  /** The next offset that nobody has tried. */
  #next = 0
  #released = 0
  #fault: string | undefined
  #tried = 0
  /** The bytes that found no room. */
  #refused: number | undefined
  readonly #unreadable = new Map<number, string>()
  #state: LogState = { fault: undefined, refusal: undefined }

  /** @throws Error when the folder cannot be made or listed. */
  constructor(options: BrokerLogOptions, now: number) {
    this.#options = options
    this.#retention = options.retention
    this.#sealed = new SealedSegments(options.folder)
    this.#space = new SpaceGuard(options.folder, options.minFreeBytes)
    makeFolder(options.folder)
    const firsts = listSegments(options.folder)
    const last = firsts.pop()
    const known = last === undefined ? undefined : readLogId(options.folder, [...firsts, last])
    this.id = known ?? randomUUID()
    for (const first of firsts) {
      settleSegment(options.folder, first)
      this.#sealed.add(first, undefined)
    }
    if (last !== undefined) this.#resume(last)
    if (this.#active === undefined) this.#begin(now)
    this.#setStart()
    this.tick(now)
  }

  get state(): LogState {
    return this.#state
  }

  setRetention(retention: Retention, now: number): void {
    this.#retention = retention
    this.tick(now)
  }

  /**
   * Commits rows, all or none. `rows` holds a count and a number of bytes per row.
   * @returns the first offset, or why it was refused.
   */
  commit(rows: readonly number[], records: Uint8Array, now: number): number | SentProblem {
    this.#space.count(records.length)
    if (this.#refused !== undefined || !this.#hasRoom(records.length, now)) {
      this.#refused ??= records.length
    } else if (this.#isDue(now)) {
      this.#rotate(now)
    }
    this.#publish()
    if (this.#active === undefined || this.#state.refusal !== undefined) {
      return this.#state.refusal ?? unavailable(this.#options.broker, 'it is being reopened')
    }
    const first = this.#next
    for (let index = 0; index < rows.length; index += 2) this.#next += rows[index] ?? 0
    try {
      this.#active.commit(first, rows, records, now)
    } catch (error) {
      this.#fail(error, now)
      return unavailable(this.#options.broker, describeStorageFault(error))
    }
    this.bounds.end = this.#next
    return first
  }

  /** The housekeeping that a commit leaves behind; after it was answered. */
  afterCommit(now: number): void {
    try {
      this.#active?.checkpointIfDue()
    } catch (error) {
      this.#fail(error, now)
    }
  }

  /** Below `offset` nothing is needed any more. */
  release(offset: number, now: number): void {
    if (offset <= this.#released) return
    this.#released = offset
    this.#recheckRoom(now)
    this.#publish()
  }

  /** A reader found a segment damaged (`fault`) or whole again. */
  setUnreadable(first: number, fault: string | undefined): void {
    if (fault === undefined) this.#unreadable.delete(first)
    else this.#unreadable.set(first, fault)
    this.#publish()
  }

  /** Once a second: expires, seals what is old, tries a faulty log again. */
  tick(now: number): void {
    this.#notice(now)
    this.#space.look()
    if (this.#active === undefined && Math.abs(now - this.#tried) >= RETRY_MS) this.#begin(now)
    if (this.#isDue(now)) this.#rotate(now)
    this.#expireByAge(now)
    this.#recheckRoom(now)
    this.#publish()
  }

  close(): void {
    this.#active?.close()
    this.#active = undefined
  }

  /** Goes on with the newest segment, if it is sound. */
  #resume(last: number): void {
    const { folder } = this.#options
    try {
      this.#active = new SegmentWriter(folder, last, { id: this.id, previous: undefined })
      this.#next = this.#active.end
      this.bounds.end = this.#next
    } catch {
      // A record takes at least a byte, so this lies above all that the segment can hold.
      this.#next = last + segmentBytes(folder, last) + 1
      this.#sealed.add(last, undefined)
      this.bounds.end = readSegmentEnd(folder, last) ?? this.#next
    }
  }

  /** Begins a segment above everything. */
  #begin(now: number): void {
    const { folder } = this.#options
    this.#tried = now
    let isLeftover = true
    try {
      makeFolder(folder)
      isLeftover = listSegments(folder).includes(this.#next)
      const meta = { id: this.id, previous: this.#previous }
      this.#active = new SegmentWriter(folder, this.#next, meta)
      this.#fault = undefined
      this.bounds.end = this.#next
      this.#setStart()
      this.#options.onSegments()
    } catch (error) {
      this.#fault = describeStorageFault(error)
      if (!isLeftover) discardSegment(folder, this.#next)
    }
  }

  #seal(): void {
    const active = this.#active
    if (active === undefined) return
    this.#active = undefined
    active.close()
    this.#previous = { first: active.first, end: active.end }
    this.#sealed.add(active.first, active.newest)
  }

  #rotate(now: number): void {
    this.#seal()
    this.#begin(now)
  }

  #fail(error: unknown, now: number): void {
    this.#fault = describeStorageFault(error)
    this.#tried = now
    const active = this.#active
    if (active !== undefined && active.end === active.first) {
      this.#active = undefined
      active.close()
      discardSegment(this.#options.folder, active.first)
    } else {
      this.#seal()
    }
    this.#options.onSegments()
    this.#publish()
  }

  #isDue(now: number): boolean {
    const first = this.#active?.first ?? -1
    const isDamaged = this.#unreadable.has(first)
    return isSegmentDue(this.#active, isDamaged, this.#options, this.#retention, now)
  }

  #expireByAge(now: number): void {
    for (;;) {
      const time = this.#sealed.oldestTime()
      if (time === undefined || now - time <= this.#retention.ageMs || !this.#sealed.expire())
        return
      this.#setStart()
      this.#options.onSegments()
    }
  }

  /** Whether `bytes` more fit, after taking what nobody needs. */
  #hasRoom(bytes: number, now: number): boolean {
    const most = this.#retention.bytes
    if (most === undefined) return true
    while (this.#sealed.bytes + (this.#active?.bytes ?? 0) + bytes > most) {
      const active = this.#active
      const isEmpty = active === undefined || active.end === active.first
      if (this.#sealed.first === undefined) {
        // What does not fit into an empty log at all is still taken, so that it ends somewhere.
        if (isEmpty) return active !== undefined
        if (active.end > this.#released) return false
        this.#rotate(now)
        continue
      }
      const end = this.#sealed.second ?? active?.first ?? this.#next
      if (end > this.#released || !this.#sealed.expire()) return false
      this.#setStart()
      this.#options.onSegments()
    }
    return true
  }

  #recheckRoom(now: number): void {
    if (this.#refused !== undefined && this.#hasRoom(this.#refused, now)) this.#refused = undefined
  }

  /** Notices what somebody else did to the folder. */
  #notice(now: number): void {
    let present: ReadonlySet<number>
    try {
      present = new Set(listSegments(this.#options.folder))
    } catch {
      return
    }
    const isGone = this.#active !== undefined && !present.has(this.#active.first)
    if (isGone) {
      this.#active?.close()
      this.#active = undefined
      this.#previous = undefined
      this.#begin(now)
    }
    const areMissing = this.#sealed.forgetMissing(present)
    for (const first of this.#unreadable.keys()) {
      if (!this.#sealed.has(first) && this.#active?.first !== first) this.#unreadable.delete(first)
    }
    if (!isGone && !areMissing) return
    this.#setStart()
    this.#options.onSegments()
  }

  #setStart(): void {
    this.bounds.start = this.#sealed.first ?? this.#active?.first ?? this.#next
  }

  #publish(): void {
    const [unreadable] = this.#unreadable.values()
    const state = logState({
      broker: this.#options.broker,
      fault: this.#active === undefined ? this.#fault : this.#space.fault,
      unreadable,
      fullAt: this.#refused === undefined ? undefined : this.#retention.bytes,
    })
    const isSame =
      state.fault === this.#state.fault && state.refusal?.detail === this.#state.refusal?.detail
    if (isSame) return
    this.#state = state
    this.#options.onState(state)
  }
}
