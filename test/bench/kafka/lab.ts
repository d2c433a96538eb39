import type { KafkaNode } from '../../support/kafka/kafka-node.ts'
import type { Properties } from '../../support/kafka/server-properties.ts'
import type { Bench, Measurement } from '../bench.ts'
import { startBenchKafka } from './bench-kafka.ts'
import { KafkaProduct } from './kafka-product.ts'

/** What the scenarios with Kafka share: the load, the subscriber, and one broker. */
export class Lab {
  readonly bench: Bench
  #kafka: Promise<KafkaNode> | undefined
  /** The yardstick at the rate of `AT_RATE`, beside the saturated one. */
  emptyAtRate: number | undefined

  constructor(bench: Bench) {
    this.bench = bench
  }

  /** A broker as Apache Kafka ships it. */
  kafka(): Promise<KafkaNode> {
    this.#kafka ??= startBenchKafka()
    return this.#kafka
  }

  /** Runs on a gateway and a dispatcher with a Broker of its own. */
  async withProduct<T>(
    triggers: number,
    run: (product: KafkaProduct) => Promise<T>,
    kafka?: KafkaNode,
  ): Promise<T> {
    const { subscriber } = this.bench
    const product = await KafkaProduct.start({
      kafka: kafka ?? (await this.kafka()),
      triggers,
      subscriber,
    })
    try {
      return await run(product)
    } finally {
      await product.close()
    }
  }

  /** Runs on a broker of its own, with other settings. */
  async withKafka<T>(properties: Properties, run: (kafka: KafkaNode) => Promise<T>): Promise<T> {
    const kafka = await startBenchKafka(properties)
    try {
      return await run(kafka)
    } finally {
      await kafka.close()
    }
  }

  async close(): Promise<void> {
    await (await this.#kafka)?.close()
  }
}

/** CPU microseconds per event of one of `gateway`, `dispatcher` and `Kafka`. */
export function partOf(measured: Measurement, name: string): number {
  return measured.parts.find(([part]) => part === name)?.[1] ?? Number.NaN
}
