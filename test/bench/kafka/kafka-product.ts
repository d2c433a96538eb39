import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KafkaNode } from '../../support/kafka/kafka-node.ts'
import { startFlags } from '../../support/start-flags.ts'
import { Child } from '../child.ts'
import { freePort, untilReady } from '../http-server.ts'
import { inputsOf, writeInputs, writeTriggers } from '../inputs.ts'
import type { Measurable } from '../process-usage.ts'
import { interesting, makeFolder, removeFolder, type Target } from '../product.ts'
import { type NamedProcess, ProcessGroup } from './process-group.ts'

const MAINS = {
  gateway: fileURLToPath(new URL('../../../services/gateway/main.ts', import.meta.url)),
  dispatcher: fileURLToPath(new URL('../../../services/dispatcher/main.ts', import.meta.url)),
} as const

/** As many as the measurements of Knative's data plane had. */
export const PARTITIONS = 4

export interface KafkaProductOptions {
  readonly kafka: KafkaNode
  /** Triggers to begin with; only the first one matches. None: nothing is delivered. */
  readonly triggers: number
  readonly subscriber: string
}

/** A dispatcher's process. */
export interface Dispatcher {
  readonly child: Child
  readonly adminPort: number
}

let products = 0

/** A gateway and dispatchers that share a Kafka, with one Broker whose topic is new. */
export class KafkaProduct implements Target {
  readonly url: string
  readonly gateway: Child
  readonly #dispatchers: Dispatcher[] = []
  readonly #broker: string
  readonly #dir: string
  readonly #options: KafkaProductOptions

  private constructor(gateway: Child, url: string, dir: string, options: KafkaProductOptions) {
    this.gateway = gateway
    this.url = url
    this.#broker = url.slice(url.lastIndexOf('/') + 1)
    this.#dir = dir
    this.#options = options
  }

  /** One gateway and one dispatcher, both ready. */
  static async start(options: KafkaProductOptions): Promise<KafkaProduct> {
    const dir = makeFolder()
    const broker = `bench-${++products}`
    writeInputs(dir, brokerYaml(broker))
    const port = await freePort()
    const env = environment(options.kafka, dir)
    const gateway = Child.spawn(
      MAINS.gateway,
      { ...env, PORT: String(port), ADMIN_PORT: '0' },
      startFlags('gateway'),
    )
    const url = `http://127.0.0.1:${port}/default/${broker}`
    const product = new KafkaProduct(gateway, url, dir, options)
    product.setTriggers(options.triggers)
    await untilReady(gateway, port)
    await product.addDispatcher()
    return product
  }

  /** The gateway, all dispatchers that are there, and Kafka. */
  get measured(): Measurable {
    const { kafka } = this.#options
    const processes: NamedProcess[] = [{ name: 'gateway', pid: this.gateway.pid, isSluice: true }]
    for (const { child } of this.#dispatchers) {
      processes.push({ name: 'dispatcher', pid: child.pid, isSluice: true })
    }
    return new ProcessGroup([...processes, { name: 'Kafka', pid: kafka.pid ?? 0, isSluice: false }])
  }

  get dispatchers(): readonly Dispatcher[] {
    return this.#dispatchers
  }

  /** Starts another dispatcher. Resolves when it is ready, which is before it has partitions. */
  async addDispatcher(): Promise<Dispatcher> {
    const adminPort = await freePort()
    const env = environment(this.#options.kafka, this.#dir)
    const child = Child.spawn(
      MAINS.dispatcher,
      { ...env, ADMIN_PORT: String(adminPort) },
      startFlags('dispatcher'),
    )
    const dispatcher = { child, adminPort }
    this.#dispatchers.push(dispatcher)
    await untilReady(child, adminPort)
    return dispatcher
  }

  /** Ends the oldest dispatcher by that signal. Resolves when it is gone. */
  async endDispatcher(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const dispatcher = this.#dispatchers.shift()
    if (dispatcher === undefined) throw new Error('There is no dispatcher')
    const { child } = dispatcher
    await (signal === 'SIGKILL' ? child.kill() : child.stop())
    tell(child)
  }

  /** Replaces the Triggers; they begin with the oldest event where they have not been there before. */
  setTriggers(count: number): void {
    const { subscriber } = this.#options
    writeTriggers(this.#dir, { broker: this.#broker, count, subscriber, start: 'earliest' })
  }

  async close(): Promise<void> {
    const children = [this.gateway, ...this.#dispatchers.map(({ child }) => child)]
    await Promise.all(children.map((child) => child.stop()))
    for (const child of children) tell(child)
    removeFolder(this.#dir)
  }
}

/** How many deliveries a dispatcher has ended so far. */
export async function deliveriesOf({ adminPort }: Dispatcher): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`)
  let total = 0
  for (const [, count] of (await response.text()).matchAll(
    /^sluice_deliveries_total\{.*\} (\d+)/gm,
  )) {
    total += Number(count)
  }
  return total
}

function environment(kafka: KafkaNode, dir: string): Record<string, string> {
  return {
    PROFILE: 'kafka',
    KAFKA_BROKERS: kafka.bootstrap,
    LOG_LEVEL: 'warn',
    DATA_DIR: join(dir, 'data'),
    ...inputsOf(dir),
  }
}

function tell(child: Child): void {
  const lines = interesting(child.output)
  if (lines !== '') console.error(lines)
}

function brokerYaml(name: string): string {
  return `apiVersion: eventing.knative.dev/v1
kind: Broker
metadata:
  name: ${name}
spec:
  config: {apiVersion: v1, kind: ConfigMap, name: bench-kafka}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: bench-kafka
data:
  default.topic.partitions: "${PARTITIONS}"
`
}
