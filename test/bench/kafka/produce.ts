// Produces without a gateway, to show what the Kafka client alone costs. Run by clients.ts, which
// talks to it over IPC.
import { setTimeout as delay } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { connectKafka } from '#kafka/kafkajs/connect-kafka.ts'
import { KafkaProducer } from '#kafka/producer.ts'
import type { NewKafkaRecord } from '#kafka/records/kafka-record.ts'
import { systemClock } from '#time/system-clock.ts'
import { type Quantiles, Samples } from '../samples.ts'
import { benchRecord } from './bench-record.ts'

export type Client = 'kafkajs' | 'KafkaProducer'

export interface ProduceOptions {
  readonly client: Client
  readonly server: string
  readonly topic: string
  readonly partitions: number
}

export interface ProduceJob {
  /** Records per call; all of one call are for one partition. */
  readonly batch: number
  /** Calls under way. */
  readonly calls: number
  /** Records per second, in calls of what is due every 5 ms; absent: as fast as they are acknowledged. */
  readonly rate?: number
  readonly durationMs: number
}

export interface ProduceResult {
  readonly records: number
  readonly elapsedMs: number
  /** From the call to the acknowledgement. */
  readonly latency: Quantiles
}

/** Resolves when all records of all batches are acknowledged. One call, or one per partition. */
type Send = (batches: readonly (readonly NewKafkaRecord[])[]) => Promise<unknown>

const TICK_MS = 5
/** After a stall a great many are due at once. */
const MOST_A_CALL = 200

async function connectClient(options: ProduceOptions): Promise<Send> {
  const { client, server, topic, partitions } = options
  const cluster = connectKafka({ servers: [server], clientId: 'bench', security: undefined })
  await cluster.createTopics([{ topic, partitions, replicationFactor: undefined, config: {} }])
  if (client === 'kafkajs') return await connectKafkajs(server, topic)
  // Whoever calls has batched already.
  const producer = new KafkaProducer({ cluster, clock: systemClock, lingerMs: 0 })
  return (batches) =>
    Promise.all(
      batches.map((records, at) =>
        records.length === 0 ? undefined : producer.send(topic, at, records),
      ),
    )
}

async function connectKafkajs(server: string, topic: string): Promise<Send> {
  const kafka = new Kafka({ brokers: [server], clientId: 'bench', logLevel: logLevel.ERROR })
  const producer = kafka.producer()
  await producer.connect()
  return (batches) => {
    const messages = batches.flatMap((records, partition) =>
      records.map(({ key, value, headers, timestamp }) => ({
        partition,
        key: key as string | null,
        value: value as Buffer | null,
        headers: Object.fromEntries(headers) as Record<string, string>,
        timestamp: String(timestamp),
      })),
    )
    return producer.send({ topic, acks: -1, messages })
  }
}

/** Sends by one client, one job after the other. */
class Producing {
  readonly #send: Send
  readonly #partitions: number
  #next = 0

  constructor(send: Send, partitions: number) {
    this.#send = send
    this.#partitions = partitions
  }

  async run(job: ProduceJob): Promise<ProduceResult> {
    const samples = new Samples()
    const started = performance.now()
    const records = await (job.rate === undefined
      ? this.#saturate(job, samples)
      : this.#keepTo(job.rate, job, samples))
    return { records, elapsedMs: performance.now() - started, latency: samples.quantiles() }
  }

  async #saturate({ calls, batch, durationMs }: ProduceJob, samples: Samples): Promise<number> {
    const until = performance.now() + durationMs
    let sent = 0
    const caller = async (first: number) => {
      for (let call = first; performance.now() < until; call++) {
        const partition = call % this.#partitions
        await this.#timed(
          this.#split(batch, () => partition),
          samples,
        )
        sent += batch
      }
    }
    await Promise.all(Array.from({ length: calls }, (_, at) => caller(at)))
    return sent
  }

  async #keepTo(rate: number, { durationMs }: ProduceJob, samples: Samples): Promise<number> {
    const started = performance.now()
    const total = (rate * durationMs) / 1000
    const calls: Promise<void>[] = []
    let sent = 0
    while (sent < total) {
      await delay(TICK_MS)
      const elapsed = performance.now() - started
      const due = Math.min(total, Math.floor((elapsed * rate) / 1000))
      for (let count = 0; sent < due; sent += count) {
        count = Math.min(due - sent, MOST_A_CALL)
        const batches = this.#split(count, () => this.#next % this.#partitions)
        calls.push(this.#timed(batches, samples))
      }
    }
    await Promise.all(calls)
    return sent
  }

  #split(count: number, partitionOf: () => number): NewKafkaRecord[][] {
    const batches: NewKafkaRecord[][] = Array.from({ length: this.#partitions }, () => [])
    for (let i = 0; i < count; i++) {
      batches[partitionOf()]?.push(benchRecord(this.#next))
      this.#next++
    }
    return batches
  }

  async #timed(batches: readonly (readonly NewKafkaRecord[])[], samples: Samples): Promise<void> {
    const from = performance.now()
    await this.#send(batches)
    samples.add(performance.now() - from)
  }
}

let producing: Producing | undefined
process.on('message', async (message: ProduceOptions | ProduceJob) => {
  if ('client' in message) {
    producing = new Producing(await connectClient(message), message.partitions)
    process.send?.({ isReady: true })
    return
  }
  process.send?.({ result: await producing?.run(message) })
})
process.on('disconnect', () => process.exit(0))
