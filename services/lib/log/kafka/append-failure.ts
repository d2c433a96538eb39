import { KafkaError } from '#kafka/kafka-error.ts'
import { Problem } from '#problems/problem.ts'

/** Why events were not stored, for whoever sent them. Anything but Kafka's refusal is a bug, and stays what it is. */
export function appendFailure(error: unknown, broker: string): unknown {
  if (!(error instanceof KafkaError)) return error
  const { code } = error
  if (code === 'QUEUE_FULL') {
    return new Problem('over-capacity', 'Cannot take more events now: too many wait for Kafka', {
      cause: error,
      retryAfterSeconds: 1,
    })
  }
  if (code === 'MESSAGE_TOO_LARGE' || code === 'RECORD_LIST_TOO_LARGE') {
    return new Problem(
      'event-too-large',
      `Cannot store the event: it is larger than the topic of ${broker} takes`,
      { cause: error },
    )
  }
  return new Problem(
    'log-unavailable',
    `Cannot store the event in time: Kafka has not acknowledged it (${code}); send it again`,
    { cause: error, retryAfterSeconds: 2 },
  )
}

/** For an event that the topic would refuse. */
export function tooLarge(bytes: number, limit: number): Problem {
  return new Problem(
    'event-too-large',
    `Cannot store the event: it takes ${bytes} bytes, and the Broker's topic takes ${limit} at most`,
  )
}
