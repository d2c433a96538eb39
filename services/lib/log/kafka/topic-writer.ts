import type { KafkaProducer } from '#kafka/producer.ts'
import { BATCH_OVERHEAD } from '#kafka/records/record-bytes.ts'
import { Problem } from '#problems/problem.ts'
import type { Clock } from '#time/clock.ts'
import { checkRecords } from '../check-records.ts'
import type { NewRecord, Position } from '../event-log.ts'
import { appendFailure, tooLarge } from './append-failure.ts'
import type { EventsTopic } from './prepare-topic.ts'
import { type SplitBatch, splitBatches } from './split-batches.ts'
import { StickyPartition } from './sticky-partition.ts'

/** Calls that wait for an answer from Kafka: a pending request costs the gateway about 100 KB. */
const MAX_CALLS = 1024
const MAX_QUEUED_BYTES = 32 * 1024 * 1024

export interface TopicWriterParts {
  /** `<namespace>/<name>` */
  readonly broker: string
  readonly topic: EventsTopic
  readonly producer: Pick<
    KafkaProducer,
    'send' | 'queued' | 'faultOf' | 'waitingBytes' | 'limitBatches'
  >
  readonly clock: Clock
}

/** Appends to a Broker's topic, as `EventLog` promises. */
export class TopicWriter {
  readonly #parts: TopicWriterParts
  readonly #keyless: StickyPartition
  /** Calls that have not ended. A Set of them would keep each other's garbage alive. */
  #appending = 0
  readonly #ended = Promise.withResolvers<void>()
  #partitions: number
  #isClosed = false

  constructor(parts: TopicWriterParts) {
    const { producer, topic } = parts
    this.#parts = parts
    this.#partitions = topic.partitions
    this.#keyless = new StickyPartition((partition) => producer.waitingBytes(topic.name, partition))
    producer.limitBatches(topic.name, topic.maxMessageBytes)
  }

  /** How many partitions the topic has by now. */
  set partitions(count: number) {
    this.#partitions = count
  }

  /** See {@link EventLog.append}. */
  async append(records: readonly NewRecord[]): Promise<readonly Position[]> {
    if (this.#isClosed) throw closed()
    checkRecords(records)
    const { maxMessageBytes } = this.#parts.topic
    const now = this.#parts.clock.now()
    const { batches, largest } = splitBatches(
      records,
      this.#partitions,
      this.#keyless,
      maxMessageBytes,
      now,
    )
    if (largest + BATCH_OVERHEAD > maxMessageBytes) throw tooLarge(largest, maxMessageBytes)
    const positions: Position[] = new Array(records.length)
    const [only] = batches
    this.#appending++
    try {
      if (batches.length === 1 && only !== undefined) await this.#send(only, positions)
      else await allOf(batches.map((batch) => this.#send(batch, positions)))
    } catch (error) {
      throw appendFailure(error, this.#parts.broker)
    } finally {
      this.#appending--
      if (this.#isClosed && this.#appending === 0) this.#ended.resolve()
    }
    return positions
  }

  /** See {@link EventLog.refusal}. */
  refusal(): Problem | undefined {
    if (this.#isClosed) return closed()
    const { calls, bytes } = this.#parts.producer.queued
    if (calls < MAX_CALLS && bytes < MAX_QUEUED_BYTES) return undefined
    const detail = `Cannot take more events now: ${calls} requests wait for Kafka already`
    return new Problem('over-capacity', detail, { retryAfterSeconds: 1 })
  }

  /** See {@link EventLog.fault}. */
  fault(): string | undefined {
    const { producer, topic, broker } = this.#parts
    const fault = producer.faultOf(topic.name)
    return fault === undefined
      ? undefined
      : `Kafka does not store the events of ${broker}: ${fault}`
  }

  /** Takes no more, and resolves when what was appended is stored or has failed. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#appending > 0) await this.#ended.promise
  }

  async #send({ partition, written, indexes }: SplitBatch, positions: Position[]): Promise<void> {
    const { producer, topic } = this.#parts
    const offset = await producer.send(topic.name, partition, written)
    for (const [at, index] of indexes.entries()) {
      positions[index] = { partition, offset: offset + at }
    }
  }
}

/** Like `Promise.all`, but what fails ends nothing before all others have ended. */
async function allOf(sent: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(sent)
  await Promise.all(sent)
}

function closed(): Problem {
  return new Problem('log-unavailable', 'Cannot append to the event log: it is closed', {
    retryAfterSeconds: 2,
  })
}
