import type { KafkaNode } from '../../support/kafka/kafka-node.ts'
import type { KafkaTrio } from '../../support/kafka/kafka-trio.ts'
import type { TcpProxy } from '../../support/tcp-proxy.ts'
import type { Bounds, Report } from '../report.ts'

/** Which Kafka a scenario happens to. It is whole before and after. */
export interface Kafkas {
  /** One broker, with quick time-outs. */
  readonly single: KafkaNode
  /** One broker with Kafka's own bounds of session time-outs. */
  readonly stock: KafkaNode
  readonly trio: KafkaTrio
  /** A trio, each node behind a proxy. */
  readonly proxied: { readonly trio: KafkaTrio; readonly proxies: readonly TcpProxy[] }
}

export interface ScenarioOptions<Kafka> {
  readonly kafka: Kafka
  /** An empty folder. */
  readonly dir: string
  /** How many are posted at least. */
  readonly events: number
}

/** One way for things to go wrong. */
export interface Scenario<Kind extends keyof Kafkas = keyof Kafkas> {
  readonly name: string
  readonly on: Kind
  readonly bounds: Bounds
  run(options: ScenarioOptions<Kafkas[Kind]>): Promise<Report>
}
