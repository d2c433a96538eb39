import type { KafkaBroker } from '#kafka/kafka-clusters.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import { deadLettersTopic } from '#kafka/topic-names.ts'
import type {
  DeadLetter,
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetters,
  StoredDeadLetter,
} from '../dead-letters.ts'
import {
  KafkaDeadLetterReader,
  type KafkaDeadLetterReaderOptions,
} from './kafka-dead-letter-reader.ts'
import { LETTERS_PARTITION, LettersTopics } from './letters-topics.ts'
import { writeLetterRecord } from './write-letter-record.ts'

export interface KafkaDeadLettersOptions extends KafkaDeadLetterReaderOptions {
  /** The largest event that the gateway takes; topics are made to hold it. */
  readonly maxEventBytes: number
}

/**
 * Dead letters in Kafka: one compacted topic per Broker, so that they never expire and the same
 * delivery again replaces its letter. Each record is the event itself in Knative's format, with why
 * it is here in one header more.
 */
export class KafkaDeadLetters implements DeadLetters {
  readonly #options: KafkaDeadLettersOptions
  readonly #topics: LettersTopics
  readonly #reader: KafkaDeadLetterReader
  readonly #putting = new Set<Promise<void>>()
  #isClosed = false

  constructor(options: KafkaDeadLettersOptions) {
    this.#options = options
    this.#topics = new LettersTopics(options)
    this.#reader = new KafkaDeadLetterReader(options)
  }

  async put(letter: DeadLetter): Promise<void> {
    if (this.#isClosed) throw new Error(`Cannot store a dead letter of ${letter.broker}: closed`)
    const putting = this.#put(letter)
    this.#putting.add(putting)
    try {
      await putting
    } finally {
      this.#putting.delete(putting)
    }
  }

  list(query: DeadLetterQuery): Promise<DeadLetterPage> {
    return this.#reader.list(query)
  }

  get(id: string): Promise<StoredDeadLetter | undefined> {
    return this.#reader.get(id)
  }

  count(): Promise<number> {
    return this.#reader.count()
  }

  /** Resolves when what was put is stored, or rejected. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#reader.close()
    await Promise.allSettled(this.#putting)
  }

  async #put(letter: DeadLetter): Promise<void> {
    const { broker } = letter
    const topic = deadLettersTopic(broker)
    let kafka: KafkaBroker | undefined
    try {
      const record = writeLetterRecord(letter)
      kafka = this.#options.clusters.of(broker)
      await this.#topics.prepare(broker, kafka)
      await kafka.producer.send(topic, LETTERS_PARTITION, [record])
    } catch (error) {
      // Somebody may have deleted the topic.
      if (kafka !== undefined) this.#topics.forget(broker, kafka)
      const place = kafka === undefined ? topic : `${topic} on ${kafka.servers.join(', ')}`
      const message = `Cannot store a dead letter of ${broker} in topic ${place}: ${describe(error)}`
      throw new Error(message, { cause: error })
    }
  }
}

function describe(error: unknown): string {
  if (!(error instanceof KafkaError)) return error instanceof Error ? error.message : String(error)
  const { code, message } = error
  const isTooLarge = code === 'MESSAGE_TOO_LARGE' || code === 'RECORD_LIST_TOO_LARGE'
  const remedy = isTooLarge ? '; raise max.message.bytes of the topic' : ''
  return `${code}: ${message}${remedy}`
}
