import type { KafkaClusters } from '#kafka/kafka-clusters.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { CursorChange, Cursors, PartitionCursor, Saved } from '../cursors.ts'
import { type CursorTopic, prepareCursorTopic } from './cursor-topic.ts'
import { PartitionCursors } from './partition-cursors.ts'

export interface KafkaCursorsOptions {
  readonly clusters: Pick<KafkaClusters, 'of'>
  readonly logger: Logger
}

/**
 * Cursors in one compacted topic per Broker, `sluice-cursors-<namespace>-<name>`: a record for each
 * partition's shared cursor, for each Trigger and for each failed delivery. A save is one batch;
 * one that is larger than the topic takes is several, the shared cursor in the last.
 *
 * Several processes may have loaded a partition, and the one that lost it may still save: see
 * docs/adr/0007-cursors-on-kafka.md.
 */
export class KafkaCursors implements Cursors {
  readonly #options: KafkaCursorsOptions
  readonly #topics = new Map<string, Promise<CursorTopic>>()
  readonly #partitions = new Map<string, PartitionCursors>()
  #isClosed = false

  constructor(options: KafkaCursorsOptions) {
    this.#options = options
  }

  /**
   * @throws Problem `log-unavailable` when nothing says where the Broker's Kafka is
   * @throws KafkaError when Kafka does not answer within some five seconds
   */
  async load(broker: string, partition: number): Promise<PartitionCursor | undefined> {
    this.#check('load', broker)
    await this.#settle(broker)
    return this.#of(broker, partition).load()
  }

  /** @throws KafkaError when it is not acknowledged within four seconds; it may be stored all the same */
  async save(broker: string, partition: number, change: CursorChange): Promise<Saved> {
    this.#check('save', broker)
    return this.#of(broker, partition).save(change)
  }

  /** Resolves when what is under way has ended. The connections are not its own. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#partitions.values()].map((partition) => partition.idle()))
  }

  #check(verb: string, broker: string): void {
    if (this.#isClosed) throw new Error(`Cannot ${verb} the cursors of ${broker}: they are closed`)
  }

  #of(broker: string, partition: number): PartitionCursors {
    const key = `${broker}/${partition}`
    let cursors = this.#partitions.get(key)
    if (cursors === undefined) {
      const topic = () => this.#topic(broker)
      const failed = () => this.#topics.delete(broker)
      cursors = new PartitionCursors({ broker, partition, topic, failed })
      this.#partitions.set(key, cursors)
    }
    return cursors
  }

  /** A Broker that is gone may still save: it is asked for once. */
  #topic(broker: string): Promise<CursorTopic> {
    let topic = this.#topics.get(broker)
    if (topic === undefined) {
      topic = this.#prepare(broker)
      this.#topics.set(broker, topic)
      topic.catch(() => this.#topics.delete(broker))
    }
    return topic
  }

  async #prepare(broker: string): Promise<CursorTopic> {
    const { clusters, logger } = this.#options
    return prepareCursorTopic(broker, clusters.of(broker), logger)
  }

  /** A Broker may have moved to another Kafka. */
  async #settle(broker: string): Promise<void> {
    const { cluster } = this.#options.clusters.of(broker)
    const topic = await this.#topics.get(broker)?.catch(() => undefined)
    if (topic !== undefined && topic.kafka.cluster !== cluster) this.#topics.delete(broker)
  }
}
