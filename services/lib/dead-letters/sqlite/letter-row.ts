import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { Attributes } from '#events/event.ts'
import { deadLetterId } from '../dead-letter-id.ts'
import type {
  DeadLetter,
  DeadLetterReason,
  DeadLetterSummary,
  StoredDeadLetter,
} from '../dead-letters.ts'

type Row = Record<string, SQLOutputValue>

/** The columns of a letter but for its data, in the order of {@link writeLetter}. */
export const LETTER_COLUMNS =
  'id, time, broker, trigger, partition, offset, reason, destination, error, status, attempts, attributes'

/** A letter as the values of `LETTER_COLUMNS`, then `data`. */
export function writeLetter(letter: DeadLetter): SQLInputValue[] {
  return [
    deadLetterId(letter),
    letter.time,
    letter.broker,
    letter.trigger,
    letter.partition,
    letter.offset,
    letter.reason,
    letter.destination,
    letter.error,
    letter.status ?? null,
    JSON.stringify(letter.attempts),
    JSON.stringify([...letter.event.attributes]),
    letter.event.data ?? null,
  ]
}

/** A whole letter from `LETTER_COLUMNS` and `data`. */
export function readLetter(row: Row): StoredDeadLetter {
  const data = row['data'] === null ? undefined : (row['data'] as Uint8Array)
  return { ...readRest(row), event: { attributes: readAttributes(row), data } }
}

/** A letter without its data from `LETTER_COLUMNS` and `data_bytes`. */
export function readSummary(row: Row): DeadLetterSummary {
  const dataBytes = row['data_bytes'] === null ? undefined : Number(row['data_bytes'])
  return { ...readRest(row), event: { attributes: readAttributes(row) }, dataBytes }
}

function readRest(row: Row): Omit<StoredDeadLetter, 'event'> {
  const letter: Omit<StoredDeadLetter, 'event'> = {
    id: String(row['id']),
    broker: String(row['broker']),
    trigger: String(row['trigger']),
    partition: Number(row['partition']),
    offset: Number(row['offset']),
    time: Number(row['time']),
    reason: String(row['reason']) as DeadLetterReason,
    destination: String(row['destination']),
    error: String(row['error']),
    attempts: JSON.parse(String(row['attempts'])),
  }
  return row['status'] === null ? letter : { ...letter, status: Number(row['status']) }
}

function readAttributes(row: Row): Attributes {
  return new Map(JSON.parse(String(row['attributes'])))
}
