import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import type { KafkaCluster } from '#kafka/kafka-cluster.ts'
import { connectKafka } from '#kafka/kafkajs/connect-kafka.ts'
import { systemClock } from '#time/system-clock.ts'
import { kafkaTool } from '../../../support/kafka/kafka-tool.ts'
import { uniqueName } from '../../../support/kafka/shared-kafka.ts'
import type { GroupFixture } from './group-member.suite.ts'

const PARTITIONS = 10
const POLL_MS = 5
const PATIENCE_MS = 60_000

/** A group of its own on a real broker. */
export async function kafkaPlace(
  t: Test,
  servers: readonly string[],
): Promise<Omit<GroupFixture, 'breakDown'> & { readonly group: string }> {
  const clusters: KafkaCluster[] = []
  const connect = (clientId: string) => {
    const cluster = connectKafka({ servers, clientId, security: undefined })
    clusters.push(cluster)
    return cluster
  }
  t.teardown(() => Promise.all(clusters.map((cluster) => cluster.close())))
  const group = uniqueName('sluice-ns-broker')
  const topic = uniqueName('events')
  const main = connect('test')
  await main.createTopics([
    { topic, partitions: PARTITIONS, replicationFactor: servers.length, config: {} },
  ])
  return {
    group,
    topic,
    clock: systemClock,
    partitions: PARTITIONS,
    now: () => performance.now(),
    connect: (clientId) => connect(clientId).group(group),
    partitionCount: async () => {
      main.forget(topic)
      return (await main.partitions(topic)).length
    },
    until: async (what, condition) => {
      const deadline = performance.now() + PATIENCE_MS
      while (!condition()) {
        if (performance.now() > deadline) throw new Error(`never: ${what}`)
        await delay(POLL_MS)
      }
    },
    pass: (ms) => delay(ms),
    grow: async (count) => {
      await kafkaTool('org.apache.kafka.tools.TopicCommand', [
        ...['--bootstrap-server', servers.join(','), '--alter'],
        ...['--topic', topic, '--partitions', `${count}`],
      ])
    },
    took: (what, ms) => t.comment(`${what}: ${Math.round(ms)} ms`),
  }
}
