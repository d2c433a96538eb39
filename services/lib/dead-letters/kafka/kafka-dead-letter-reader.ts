import type { KafkaBroker, KafkaClusters } from '#kafka/kafka-clusters.ts'
import { deadLettersTopic } from '#kafka/topic-names.ts'
import type { Logger } from '#telemetry/logger.ts'
import type {
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetterReader,
  DeadLetters,
  StoredDeadLetter,
} from '../dead-letters.ts'
import { readPagePosition } from '../page-position.ts'
import { FollowedTopic } from './followed-topic.ts'
import { untilAborted } from './until-aborted.ts'

/** A question that is not answered within this time is an error. What it began goes on. */
const ANSWER_MS = 5000

export interface KafkaDeadLetterReaderOptions {
  readonly clusters: Pick<KafkaClusters, 'of' | 'keys'>
  /** Holds no letters at first. It is for this reader alone, and is not closed with it. */
  readonly projection: DeadLetters
  readonly logger: Logger
}

/**
 * Reads the dead letters of all Brokers that there are. Kafka has no index: the topics are copied
 * into the projection, from their beginning on, and every question waits until it has what was put
 * before the question was asked. Nothing is read while nothing is asked.
 *
 * Letters of Brokers that went away since the first question stay.
 */
export class KafkaDeadLetterReader implements DeadLetterReader {
  readonly #options: KafkaDeadLetterReaderOptions
  readonly #closing = new AbortController()
  /** By Broker. */
  readonly #topics = new Map<string, FollowedTopic>()
  /** What this round has not read yet. */
  #behind: readonly FollowedTopic[] = []
  /** Being read. Whoever asks now asks too late for it, and waits for the next. */
  #round: Promise<void> | undefined
  #nextRound: Promise<void> | undefined

  constructor(options: KafkaDeadLetterReaderOptions) {
    this.#options = options
  }

  async list(query: DeadLetterQuery): Promise<DeadLetterPage> {
    readPagePosition(query)
    await this.#catchUp()
    return this.#options.projection.list(query)
  }

  async get(id: string): Promise<StoredDeadLetter | undefined> {
    await this.#catchUp()
    return this.#options.projection.get(id)
  }

  async count(): Promise<number> {
    await this.#catchUp()
    return this.#options.projection.count()
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('Cannot read the dead letters: closed'))
    await Promise.allSettled([this.#round, this.#nextRound])
  }

  async #catchUp(): Promise<void> {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(this.#lateError()), ANSWER_MS)
    try {
      await untilAborted(this.#freshRound(), late.signal)
    } finally {
      clearTimeout(timer)
    }
  }

  #lateError(): Error {
    const states = this.#behind.slice(0, 1).map(({ progress }) => `: ${progress}`)
    return new Error(`Cannot read all dead letters within ${ANSWER_MS} ms${states}; ask again`)
  }

  /** A round that begins now, or when the present one has ended. */
  #freshRound(): Promise<void> {
    if (this.#nextRound !== undefined) return this.#nextRound
    if (this.#round === undefined) return this.#begin()
    const begin = () => {
      this.#nextRound = undefined
      return this.#begin()
    }
    this.#nextRound = this.#round.then(begin, begin)
    return this.#nextRound
  }

  #begin(): Promise<void> {
    const round = this.#followAll().finally(() => {
      if (this.#round === round) this.#round = undefined
    })
    this.#round = round
    return round
  }

  async #followAll(): Promise<void> {
    this.#closing.signal.throwIfAborted()
    const topics = this.#followed()
    this.#behind = topics
    const looks = await Promise.allSettled(topics.map((topic) => topic.look()))
    for (const look of looks) if (look.status === 'rejected') throw look.reason
    // One after the other: what is read and not put yet is in memory.
    for (const [at, topic] of topics.entries()) {
      this.#behind = topics.slice(at)
      await topic.read()
    }
  }

  #followed(): readonly FollowedTopic[] {
    return this.#options.clusters.keys().flatMap((broker) => this.#topicOf(broker) ?? [])
  }

  #topicOf(broker: string): FollowedTopic | undefined {
    const { clusters, projection, logger } = this.#options
    const kafka = kafkaOf(clusters, broker)
    const known = this.#topics.get(broker)
    if (kafka === undefined || kafka.cluster === known?.cluster) return known
    const { cluster, servers } = kafka
    const topic = deadLettersTopic(broker)
    const { signal } = this.#closing
    const followed = new FollowedTopic({ topic, servers, cluster, projection, logger, signal })
    this.#topics.set(broker, followed)
    return followed
  }
}

/** `undefined` where nothing says where it is: nothing can have been put there. */
function kafkaOf(clusters: Pick<KafkaClusters, 'of'>, broker: string): KafkaBroker | undefined {
  try {
    return clusters.of(broker)
  } catch {
    return undefined
  }
}
