import { hash } from 'node:crypto'
import type { DeadLetter } from './dead-letters.ts'

const ID_LENGTH = 22

/**
 * The id of a dead letter: 22 characters of the URL-safe base64 alphabet (132 bits of a SHA-256),
 * the same for the same Broker, Trigger, partition and offset.
 */
export function deadLetterId(
  letter: Pick<DeadLetter, 'broker' | 'trigger' | 'partition' | 'offset'>,
): string {
  const key = JSON.stringify([letter.broker, letter.trigger, letter.partition, letter.offset])
  return hash('sha256', key, 'base64url').slice(0, ID_LENGTH)
}
