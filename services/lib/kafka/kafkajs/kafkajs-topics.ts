import { setTimeout as delay } from 'node:timers/promises'
import type { TopicSpec } from '../kafka-cluster.ts'
import { KafkaError } from '../kafka-error.ts'
import type { BrokerConnection } from './broker-connection.ts'
import type { ClusterMetadata } from './cluster-metadata.ts'
import { expectNoError } from './kafka-failure.ts'
import { describeCode } from './kafkajs-internals.ts'

const CREATE_MS = 10_000
const ASK_MS = 5000
const VISIBLE_MS = 10_000
const TOPIC = 2
const USUAL_REPLICAS = 3

/** Creating topics, and their settings. */
export class KafkajsTopics {
  readonly #metadata: ClusterMetadata
  readonly #node: (id: number) => Promise<BrokerConnection>

  constructor(metadata: ClusterMetadata, node: (id: number) => Promise<BrokerConnection>) {
    this.#metadata = metadata
    this.#node = node
  }

  /** See `KafkaCluster.createTopics`. Resolves when all of them have leaders. */
  async create(topics: readonly TopicSpec[]): Promise<readonly string[]> {
    await this.#metadata.refreshNodes()
    const replicas = Math.min(USUAL_REPLICAS, this.#metadata.nodes.size)
    const connection = await this.#node(this.#metadata.controller)
    const { topicErrors } = await connection.ask<{
      topicErrors: readonly { topic: string; errorCode: number; errorMessage: string | null }[]
    }>(
      'CreateTopics',
      {
        topics: topics.map(({ topic, partitions, replicationFactor, config }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor: replicationFactor ?? replicas,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        })),
        validateOnly: false,
        timeout: CREATE_MS - 1000,
      },
      CREATE_MS,
    )
    const created: string[] = []
    for (const { topic, errorCode, errorMessage } of topicErrors) {
      const { code, message } = describeCode(errorCode)
      if (errorCode === 0) created.push(topic)
      else if (code !== 'TOPIC_ALREADY_EXISTS') {
        throw new KafkaError(code, `Cannot create topic ${topic}: ${errorMessage ?? message}`)
      }
    }
    for (const { topic } of topics) await this.#untilVisible(topic)
    return created
  }

  /** See `KafkaCluster.topicConfig`. */
  async config(topic: string): Promise<ReadonlyMap<string, string>> {
    await this.#metadata.partitions(topic)
    const connection = await this.#node(this.#metadata.controller)
    const { resources } = await connection.ask<{
      resources: readonly {
        errorCode: number
        configEntries: readonly { configName: string; configValue: string | null }[]
      }[]
    }>(
      'DescribeConfigs',
      { resources: [{ type: TOPIC, name: topic }], includeSynonyms: false },
      ASK_MS,
    )
    const config = new Map<string, string>()
    for (const { errorCode, configEntries } of resources) {
      expectNoError(errorCode, `Settings of topic ${topic}`)
      for (const { configName, configValue } of configEntries) {
        if (configValue !== null) config.set(configName, configValue)
      }
    }
    return config
  }

  /** A new topic is known to its brokers one after the other. */
  async #untilVisible(topic: string): Promise<void> {
    const deadline = performance.now() + VISIBLE_MS
    for (;;) {
      this.#metadata.forget(topic)
      try {
        const partitions = await this.#metadata.partitions(topic)
        if (partitions.every(({ leader }) => leader !== undefined)) return
      } catch (error) {
        if (performance.now() > deadline) throw error
      }
      if (performance.now() > deadline) {
        throw new KafkaError(
          'LEADER_NOT_AVAILABLE',
          `Topic ${topic} has partitions without a leader`,
        )
      }
      await delay(50)
    }
  }
}
