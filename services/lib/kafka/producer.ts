import type { Cancel, Clock } from '#time/clock.ts'
import type { KafkaCluster, KafkaErrorLike, ProduceResult } from './kafka-cluster.ts'
import { KafkaError } from './kafka-error.ts'
import { type ProduceEntry, ProduceQueue } from './produce-queue.ts'
import type { NewKafkaRecord } from './records/kafka-record.ts'
import { BATCH_OVERHEAD, recordBytes } from './records/record-bytes.ts'
import { steadyClock } from './steady-clock.ts'

/** Knative's dispatcher reads larger batches at 300 events a second. */
const BATCH_BYTES = 64 * 1024
/** A send that is not acknowledged within this time is rejected. */
const SEND_MS = 4000
const QUEUED_BYTES = 32 * 1024 * 1024
const AGAIN_MS = 100
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
/** Trying again would not help. */
const FINAL = new Set([
  ...TOO_LARGE,
  'INVALID_RECORD',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'POLICY_VIOLATION',
  'CLOSED',
])

export interface KafkaProducerOptions {
  readonly cluster: Pick<KafkaCluster, 'partitions' | 'forget' | 'produce'>
  readonly clock: Clock
  /** How long a batch waits for company, in milliseconds. */
  readonly lingerMs: number
}

/**
 * Stores records, acknowledged by all in-sync replicas. What is sent while a request is under way
 * goes into the next one; there is one request at a time per leader and one batch at a time per
 * partition, so that the order holds.
 *
 * A record counts as stored only when the broker's answer names its partition with an offset. A
 * batch without that is sent again, to whoever leads the partition then, until its time is over:
 * it may be stored twice, and after a rejection it may be stored all the same.
 */
export class KafkaProducer {
  readonly #cluster: KafkaProducerOptions['cluster']
  readonly #clock: Clock
  readonly #lingerMs: number
  readonly #queues = new Map<string, ProduceQueue>()
  readonly #waiting = new Set<ProduceQueue>()
  readonly #leaders = new Map<string, ReadonlyMap<number, number | undefined>>()
  readonly #asking = new Set<string>()
  readonly #busy = new Set<number>()
  readonly #faults = new Map<string, string>()
  readonly #limits = new Map<string, number>()
  #queuedBytes = 0
  #queuedCalls = 0
  #timer: Cancel | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #isClosing = false
  #drained: PromiseWithResolvers<void> | undefined

  constructor({ cluster, clock, lingerMs }: KafkaProducerOptions) {
    this.#cluster = cluster
    this.#clock = steadyClock(clock)
    this.#lingerMs = lingerMs
  }

  /** Calls that are not acknowledged yet, and the bytes of their records. */
  get queued(): { readonly calls: number; readonly bytes: number } {
    return { calls: this.#queuedCalls, bytes: this.#queuedBytes }
  }

  /** The bytes that wait for their turn to be sent to a partition; Infinity where it does not get on. */
  waitingBytes(topic: string, partition: number): number {
    return this.#queues.get(`${partition} ${topic}`)?.waitingBytes(this.#clock.now()) ?? 0
  }

  /** Why nothing has been stored in a topic since the last failure, in one sentence. */
  faultOf(topic: string): string | undefined {
    return this.#faults.get(topic)
  }

  /** A topic that takes no more than this in one batch (its `max.message.bytes`). */
  limitBatches(topic: string, bytes: number): void {
    this.#limits.set(topic, Math.min(bytes, BATCH_BYTES))
  }

  /**
   * Resolves with the first record's offset when all in-sync replicas have them. The records of one
   * call stand together, all or none; calls for one partition keep their order.
   *
   * @throws KafkaError `QUEUE_FULL`, `REQUEST_TIMED_OUT` when they are not acknowledged within four
   *   seconds, and the broker's code when it refuses them for good.
   */
  send(topic: string, partition: number, records: readonly NewKafkaRecord[]): Promise<number> {
    if (this.#isClosing) {
      return Promise.reject(new KafkaError('CLOSED', 'The Kafka producer is closed'))
    }
    if (this.#queuedBytes > QUEUED_BYTES) {
      return Promise.reject(new KafkaError('QUEUE_FULL', 'Too much waits for Kafka already'))
    }
    let bytes = 0
    for (const record of records) bytes += recordBytes(record)
    const since = this.#clock.now()
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    this.#queuedBytes += bytes
    this.#queuedCalls++
    const queue = this.#queueOf(topic, partition)
    queue.add({ records, bytes, since, deadline: since + SEND_MS, resolve, reject })
    this.#waiting.add(queue)
    if (queue.isInFlight) return promise
    this.#wakeAt(this.#isFull(queue) ? since : since + this.#lingerMs)
    return promise
  }

  /** Takes no more, and resolves when what was sent is acknowledged or rejected. */
  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#queuedCalls === 0) return
    this.#drained ??= Promise.withResolvers()
    this.#wakeAt(this.#clock.now())
    await this.#drained.promise
  }

  #queueOf(topic: string, partition: number): ProduceQueue {
    const name = `${partition} ${topic}`
    let queue = this.#queues.get(name)
    if (queue === undefined) {
      queue = new ProduceQueue(topic, partition)
      this.#queues.set(name, queue)
    }
    return queue
  }

  #isFull(queue: ProduceQueue): boolean {
    return queue.bytes >= this.#roomOf(queue.topic) || this.#isClosing
  }

  #roomOf(topic: string): number {
    return (this.#limits.get(topic) ?? BATCH_BYTES) - BATCH_OVERHEAD
  }

  /** The earliest call wins. */
  #wakeAt(time: number): void {
    if (time >= this.#timerAt) return
    this.#timer?.()
    this.#timerAt = time
    this.#timer = this.#clock.after(Math.max(0, time - this.#clock.now()), () => {
      this.#timer = undefined
      this.#timerAt = Number.POSITIVE_INFINITY
      this.#pump()
    })
  }

  /** Sends to every leader that has something due and is not busy. */
  #pump(): void {
    const now = this.#clock.now()
    const due = new Set<number>()
    const byLeader = new Map<number, ProduceQueue[]>()
    for (const queue of this.#waiting) {
      for (const entry of queue.takeLate(now)) this.#reject(entry, this.#late(queue))
      this.#wakeAt(queue.nextDeadline)
      if (queue.isInFlight) continue
      const { oldest } = queue
      if (oldest === undefined) {
        this.#waiting.delete(queue)
        continue
      }
      if (queue.notBefore > now) {
        this.#wakeAt(queue.notBefore)
        continue
      }
      const leader = this.#leaderOf(queue)
      if (leader === undefined || this.#busy.has(leader)) continue
      const dueAt = this.#isFull(queue) ? now : oldest.since + this.#lingerMs
      if (dueAt <= now) due.add(leader)
      else this.#wakeAt(dueAt)
      const others = byLeader.get(leader)
      if (others === undefined) byLeader.set(leader, [queue])
      else others.push(queue)
    }
    for (const leader of due) void this.#sendTo(leader, byLeader.get(leader) ?? [])
  }

  #leaderOf(queue: ProduceQueue): number | undefined {
    const leaders = this.#leaders.get(queue.topic)
    const leader = leaders?.get(queue.partition)
    if (leader !== undefined) return leader
    void this.#findLeaders(queue.topic)
    const again = this.#clock.now() + AGAIN_MS
    // The other partitions, which have a leader, go on; and this one is not asked for at once.
    if (leaders !== undefined) queue.notBefore = again
    this.#wakeAt(again)
    return undefined
  }

  async #findLeaders(topic: string): Promise<void> {
    if (this.#asking.has(topic)) return
    this.#asking.add(topic)
    try {
      const partitions = await this.#cluster.partitions(topic)
      this.#leaders.set(topic, new Map(partitions.map((each) => [each.partition, each.leader])))
      this.#wakeAt(this.#clock.now())
    } catch (error) {
      this.#faults.set(topic, describe(error))
      // The pump asks again while something waits.
    } finally {
      this.#asking.delete(topic)
    }
  }

  async #sendTo(leader: number, queues: readonly ProduceQueue[]): Promise<void> {
    this.#busy.add(leader)
    const now = this.#clock.now()
    const batches = queues.map((queue) => {
      const entries = queue.take(this.#roomOf(queue.topic))
      return { queue, entries, records: entries.flatMap((entry) => entry.records) }
    })
    const requests = batches.map(({ queue: { topic, partition }, records }) => ({
      topic,
      partition,
      records,
    }))
    // As long as anybody waits for it: a broker that has the batch already, and whose followers do
    // not answer, would store it again.
    const deadline = Math.max(...batches.map(({ entries }) => entries.at(-1)?.deadline ?? now))
    let results: readonly ProduceResult[]
    try {
      results = await this.#cluster.produce(leader, requests, Math.max(1, deadline - now))
    } catch (error) {
      results = batches.map(() => ({ error: asError(error) }))
    }
    this.#busy.delete(leader)
    for (const [at, { queue }] of batches.entries()) {
      const result = results[at] ?? { error: { code: 'NO_ANSWER', message: 'No answer' } }
      if (result.baseOffset === undefined) this.#failed(queue, result.error)
      else this.#stored(queue, result.baseOffset)
    }
    this.#pump()
  }

  #stored(queue: ProduceQueue, baseOffset: number): void {
    this.#faults.delete(queue.topic)
    const { entries, late } = queue.land()
    let offset = baseOffset
    for (const entry of entries) {
      if (!late.has(entry)) {
        this.#settle(entry)
        entry.resolve(offset)
      }
      offset += entry.records.length
    }
  }

  #failed(queue: ProduceQueue, error: KafkaErrorLike): void {
    const { entries: landed, late } = queue.land()
    const entries = landed.filter((entry) => !late.has(entry))
    this.#faults.set(queue.topic, `${error.code}: ${error.message}`)
    this.#leaders.delete(queue.topic)
    this.#cluster.forget(queue.topic)
    if (TOO_LARGE.has(error.code) && landed.length > 1) {
      // The topic takes less than is known of it. None of them may be too large by itself.
      const bytes = landed.reduce((sum, entry) => sum + entry.bytes, BATCH_OVERHEAD)
      this.limitBatches(queue.topic, Math.floor(bytes / 2))
    } else if (FINAL.has(error.code)) {
      for (const entry of entries) this.#reject(entry, new KafkaError(error.code, error.message))
      return
    }
    queue.putBack(entries)
    this.#waiting.add(queue)
    queue.notBefore = this.#clock.now() + AGAIN_MS
  }

  #late({ topic, partition }: ProduceQueue): KafkaError {
    const reason = this.#faults.get(topic) ?? 'no answer'
    const message = `Not acknowledged within ${SEND_MS} ms by ${topic} partition ${partition}: ${reason}`
    return new KafkaError('REQUEST_TIMED_OUT', message)
  }

  #reject(entry: ProduceEntry, error: KafkaError): void {
    this.#settle(entry)
    entry.reject(error)
  }

  #settle(entry: ProduceEntry): void {
    this.#queuedBytes -= entry.bytes
    this.#queuedCalls--
    if (this.#queuedCalls === 0) this.#drained?.resolve()
  }
}

function asError(error: unknown): KafkaErrorLike {
  if (error instanceof KafkaError) return error
  return { code: 'CONNECTION', message: error instanceof Error ? error.message : String(error) }
}

function describe(error: unknown): string {
  const { code, message } = asError(error)
  return `${code}: ${message}`
}
