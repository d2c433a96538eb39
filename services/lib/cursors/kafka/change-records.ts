import type { KafkaHeader, NewKafkaRecord } from '#kafka/records/kafka-record.ts'
import { type CursorKey, writeKey } from './cursor-key.ts'
import { type SharedValue, writeShared, writeStatement, writeTrigger } from './cursor-values.ts'
import type { EncodedChange } from './encode-change.ts'
import { type Life, lifeHeader } from './life.ts'

/** Of a removed Trigger: what its cursor had said. */
export const LAST_STATEMENT = 'sluice-last-statement'

export interface ChangeContext {
  readonly partition: number
  readonly life: Life
  /** How many saves the life has begun, this one included. */
  readonly save: number
  /** With this change. */
  readonly shared: SharedValue
  /** What each Trigger's record said last, in this life. Kept up to date here. */
  readonly statements: Map<string, string>
  /** Milliseconds since 1970. */
  readonly time: number
}

/**
 * The records that say what has changed. The shared cursor is the last one, so that where a change
 * is too large for one batch, it never runs ahead of the Triggers that it speaks for.
 */
export function changeRecords(change: EncodedChange, context: ChangeContext): NewKafkaRecord[] {
  const { partition, life, save, shared, statements, time } = context
  const header = lifeHeader(life, save)
  const records: NewKafkaRecord[] = []
  const add = (key: CursorKey, text: string | null, ...headers: readonly KafkaHeader[]) => {
    const value = text === null ? null : Buffer.from(text)
    records.push({ key: writeKey(key), value, headers: [header, ...headers], timestamp: time })
  }
  for (const [trigger, encoded] of change.triggers) {
    const key = { kind: 'trigger', partition, trigger } as const
    if (encoded !== undefined) {
      add(key, writeTrigger(encoded, shared.offset))
      statements.set(trigger, writeStatement(encoded, shared.offset))
      continue
    }
    const statement = statements.get(trigger)
    statements.delete(trigger)
    if (statement === undefined) add(key, null)
    else add(key, null, [LAST_STATEMENT, statement])
  }
  for (const { trigger, offset, text } of change.failures) {
    add({ kind: 'failure', partition, trigger, offset }, text)
  }
  if (change.shared !== undefined) add({ kind: 'shared', partition }, writeShared(shared))
  return records
}
