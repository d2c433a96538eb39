/** What identifies a log at a position: the record just below it. */
export interface LogMark {
  readonly topic: string
  /** Where that record stands. */
  readonly offset: number
  /** Its timestamp; `undefined` where nothing stood below the position any more. */
  readonly timestamp: number | undefined
}

export function writeMark({ topic, offset, timestamp }: LogMark): string {
  return `${topic}@${offset}:${timestamp ?? '-'}`
}

/** @returns `undefined` for what is no mark of a Kafka log */
export function readMark(mark: string): LogMark | undefined {
  const [, topic, offset, timestamp] = /^(.+)@(\d+):(-|-?\d+)$/.exec(mark) ?? []
  if (topic === undefined) return undefined
  return {
    topic,
    offset: Number(offset),
    timestamp: timestamp === '-' ? undefined : Number(timestamp),
  }
}
