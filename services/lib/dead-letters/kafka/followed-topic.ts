import type { KafkaCluster } from '#kafka/kafka-cluster.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import type { KafkaRecord } from '#kafka/records/kafka-record.ts'
import { retryKafka } from '#kafka/retry-kafka.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { DeadLetters } from '../dead-letters.ts'
import { LETTERS_PARTITION } from './letters-topics.ts'
import { readLetterRecord } from './read-letter-record.ts'
import { untilAborted } from './until-aborted.ts'

/** What is read at once: little, so that the process goes on with its other work in between. */
const SLICE_BYTES = 1024 * 1024
const LANE = 'dead-letters'
/** How long Kafka is asked again while what went wrong may pass. */
const ASK_MS = 4000

export interface FollowedTopicOptions {
  readonly topic: string
  readonly servers: readonly string[]
  readonly cluster: KafkaCluster
  readonly projection: Pick<DeadLetters, 'put'>
  readonly logger: Logger
  /** Ends what is under way. */
  readonly signal: AbortSignal
}

/** A part of a topic, and where to go on. */
interface Slice {
  readonly records: readonly KafkaRecord[]
  readonly next: number
}

/** One topic of dead letters, copied into a projection from its beginning on. */
export class FollowedTopic {
  readonly #options: FollowedTopicOptions
  #next = 0
  #end = 0
  #isLooking = false
  #hasSkipped = false

  constructor(options: FollowedTopicOptions) {
    this.#options = options
  }

  get cluster(): KafkaCluster {
    return this.#options.cluster
  }

  /** For whoever waits too long. */
  get progress(): string {
    if (this.#isLooking) return `topic ${this.#place} does not answer`
    return `topic ${this.#place} is read up to ${this.#next} of ${this.#end}`
  }

  /**
   * Asks where the topic ends: whatever was put before is to be read.
   * @throws Error when Kafka does not say, or the signal's reason
   */
  async look(): Promise<void> {
    this.#isLooking = true
    this.#end = await this.#ask(() => this.#offset('latest')).catch((error: unknown) => {
      // Nothing was put yet.
      if (error instanceof KafkaError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION') return 0
      throw this.#failure(error)
    })
    this.#isLooking = false
    // The topic was made anew.
    if (this.#end < this.#next) this.#next = 0
  }

  /**
   * Resolves when the projection has all letters that there were at the last `look`.
   * @throws Error when they cannot be read or put, or the signal's reason; what was read stays
   */
  async read(): Promise<void> {
    try {
      while (this.#next < this.#end) {
        const { records, next } = await this.#ask(() => this.#slice())
        await this.#put(records)
        this.#next = next
      }
    } catch (error) {
      throw this.#failure(error)
    }
  }

  get #place(): string {
    return `${this.#options.topic} on ${this.#options.servers.join(', ')}`
  }

  #ask<T>(ask: () => Promise<T>): Promise<T> {
    const { signal } = this.#options
    const answered = retryKafka(ASK_MS, () => {
      signal.throwIfAborted()
      return ask()
    })
    return untilAborted(answered, signal)
  }

  async #offset(at: 'earliest' | 'latest'): Promise<number> {
    const { cluster, topic } = this.#options
    const offsets = await cluster.listOffsets(topic, [LETTERS_PARTITION], at)
    return offsets.get(LETTERS_PARTITION) ?? 0
  }

  async #slice(): Promise<Slice> {
    const { cluster, topic } = this.#options
    const from = { topic, partition: LETTERS_PARTITION, offset: this.#next }
    try {
      const partitions = await cluster.partitions(topic)
      const leader = partitions.find(({ partition }) => partition === LETTERS_PARTITION)?.leader
      if (leader === undefined) throw new KafkaError('LEADER_NOT_AVAILABLE', 'It has no leader')
      const options = { lane: LANE, maxBytes: SLICE_BYTES, waitMs: 0 }
      const [result] = await cluster.fetch(leader, [from], options)
      if (result === undefined) throw new KafkaError('NO_ANSWER', 'No answer')
      const { error, end } = result
      if (error?.code === 'OFFSET_OUT_OF_RANGE') {
        return { records: [], next: await this.#offset('earliest') }
      }
      if (error !== undefined) throw new KafkaError(error.code, error.message)
      if (result.next > from.offset) return result
      // Compaction has taken the last records away.
      if (end >= this.#end) return { records: [], next: this.#end }
      throw new KafkaError('OFFSET_NOT_AVAILABLE', `The leader's end is ${end}, not ${this.#end}`)
    } catch (error) {
      cluster.forget(topic)
      throw error
    }
  }

  async #put(records: readonly KafkaRecord[]): Promise<void> {
    const { projection } = this.#options
    const puts: Promise<void>[] = []
    for (const record of records) {
      const letter = readLetterRecord(record)
      if (typeof letter === 'string') this.#skip(record, letter)
      else puts.push(projection.put(letter))
    }
    await Promise.all(puts)
  }

  #skip({ offset }: KafkaRecord, reason: string): void {
    if (this.#hasSkipped) return
    this.#hasSkipped = true
    const { logger, topic } = this.#options
    logger.warn({ topic, offset, reason }, 'What is no dead letter is skipped, also from now on')
  }

  #failure(error: unknown): unknown {
    const { signal } = this.#options
    if (signal.aborted) return signal.reason
    const reason =
      error instanceof KafkaError ? `${error.code}: ${error.message}` : messageOf(error)
    const message = `Cannot read the dead letters of topic ${this.#place}: ${reason}`
    return new Error(message, { cause: error })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
