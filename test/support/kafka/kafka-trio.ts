import type { Test } from 'tap'
import { KafkaNode, type KafkaNodeOptions } from './kafka-node.ts'
import { kafkaOrSkip } from './kafka-or-skip.ts'
import type { KafkaRuntime } from './kafka-runtime.ts'
import { knownBrokers } from './known-brokers.ts'

const IDS = [1, 2, 3] as const
const READY_MS = 60_000

/** Three nodes, each broker and controller; topics have three replicas, of which two must be in sync. */
export class KafkaTrio {
  readonly nodes: readonly KafkaNode[]
  /** All three, with commas between. */
  readonly bootstrap: string
  readonly servers: readonly string[]

  private constructor(nodes: readonly KafkaNode[]) {
    this.nodes = nodes
    this.servers = nodes.map(({ bootstrap }) => bootstrap)
    this.bootstrap = this.servers.join(',')
  }

  /** @param options - of each node, by its place (0 to 2). `close` it. */
  static async start(
    runtime: KafkaRuntime,
    options: (place: number) => KafkaNodeOptions = () => ({}),
  ): Promise<KafkaTrio> {
    const nodes: KafkaNode[] = []
    const voters = () =>
      nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(',')
    for (const id of IDS) {
      const membership = { id, replicas: IDS.length, voters }
      nodes.push(await KafkaNode.prepare(runtime, options(id - 1), membership))
    }
    const trio = new KafkaTrio(nodes)
    try {
      await trio.start()
    } catch (error) {
      await trio.close()
      throw error
    }
    return trio
  }

  /** Resolves when each node knows all three. */
  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.launch()))
    await this.whole()
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
  }

  /** Resolves when each node knows all three to be alive. Throws after 60 s. */
  async whole(): Promise<void> {
    const deadline = performance.now() + READY_MS
    for (const node of this.nodes) {
      await node.ready()
      while ((await knownBrokers(node.port)).length < IDS.length) {
        if (performance.now() > deadline) throw new Error('three Kafka nodes never met')
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
    }
  }

  /** The node with that id, as metadata name it. */
  node(id: number): KafkaNode {
    const node = this.nodes.find((each) => each.id === id)
    if (node === undefined) throw new Error(`no Kafka node ${id}`)
    return node
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()))
  }
}

/** Three brokers of the test's own, ended with the test. Where there is no Kafka, the test file is skipped. */
export async function startKafkaTrio(
  t: Test,
  options?: (place: number) => KafkaNodeOptions,
): Promise<KafkaTrio> {
  const trio = await KafkaTrio.start(await kafkaOrSkip(t), options)
  t.teardown(() => trio.close())
  return trio
}
