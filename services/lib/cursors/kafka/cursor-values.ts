import type { AppliedSpec, FailedDelivery, SharedCursor, TriggerCursor } from '../cursors.ts'
import { decodeOffsets, encodeOffsets } from '../offsets-codec.ts'

/** The shared cursor, and since which epoch the event log is the one that it is in. */
export interface SharedValue extends SharedCursor {
  readonly reset: number
}

/**
 * What a Trigger's record says by itself: what lies below `next`, or below `upTo` while the Trigger
 * is attached, and is not open, is done.
 */
export interface TriggerValue extends TriggerCursor {
  /** The shared offset when this was written. */
  readonly upTo: number
}

/** A Trigger's cursor, ready to be written once it is known what the shared offset is. */
export interface EncodedTrigger {
  readonly next: number | undefined
  readonly open: string
  readonly vanishedAt: number | undefined
  readonly specs: string
}

/** Specifications are long, and the same ones are saved again and again. */
const specTexts = new WeakMap<readonly AppliedSpec[], string>()

/** @throws RangeError when the open offsets do not rise. */
export function encodeTrigger(cursor: TriggerCursor): EncodedTrigger {
  const open = Buffer.from(encodeOffsets(cursor.open)).toString('base64')
  let specs = specTexts.get(cursor.specs)
  if (specs === undefined) {
    specs = JSON.stringify(cursor.specs)
    specTexts.set(cursor.specs, specs)
  }
  return { next: cursor.next, open, vanishedAt: cursor.vanishedAt, specs }
}

/** The cursor without specifications: what is done, and no more. */
export function writeStatement({ next, open }: EncodedTrigger, upTo: number): string {
  return next === undefined
    ? `{"upTo":${upTo},"open":"${open}"}`
    : `{"next":${next},"open":"${open}"}`
}

export function writeTrigger(encoded: EncodedTrigger, upTo: number): string {
  const { vanishedAt, specs } = encoded
  const vanished = vanishedAt === undefined ? '' : `,"vanishedAt":${vanishedAt}`
  return `${writeStatement(encoded, upTo).slice(0, -1)}${vanished},"specs":${specs}}`
}

/** What {@link writeTrigger} or {@link writeStatement} wrote. */
export function readTrigger(bytes: Buffer): TriggerValue {
  const { upTo, next, open, vanishedAt, specs = [] } = JSON.parse(bytes.toString())
  return {
    next,
    open: decodeOffsets(Buffer.from(open, 'base64')),
    specs,
    ...(vanishedAt === undefined ? {} : { vanishedAt }),
    upTo: upTo ?? next,
  }
}

export function writeShared({ offset, mark, partitions, reset }: SharedValue): string {
  return JSON.stringify({ offset, mark, partitions, reset })
}

export function readShared(bytes: Buffer): SharedValue {
  const { offset, mark, partitions, reset } = JSON.parse(bytes.toString())
  return { offset, mark, partitions, reset }
}

export function readFailure(bytes: Buffer): FailedDelivery {
  return JSON.parse(bytes.toString())
}
