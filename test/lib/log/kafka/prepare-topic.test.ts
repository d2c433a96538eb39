import t from 'tap'
import type { KafkaCluster, TopicSpec } from '#kafka/kafka-cluster.ts'
import type { KafkaBroker } from '#kafka/kafka-clusters.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import { prepareTopic } from '#log/kafka/prepare-topic.ts'
import { createLogger } from '#telemetry/logger.ts'
import { SETTINGS } from './start-kafka-logs.ts'

const logger = createLogger({ level: 'silent', name: 'test' })
const RETENTION = { ageMs: 1000, bytes: undefined }

/** A cluster of so many brokers, without topics; what is created is kept. */
function scripted(brokers: number, rest: Partial<KafkaCluster> = {}) {
  const created: TopicSpec[] = []
  const cluster: Partial<KafkaCluster> = {
    brokerCount: async () => brokers,
    partitions: async (topic) => {
      if (created.length > 0) return [{ partition: 0, leader: 1, replicas: brokers }]
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic ${topic}`)
    },
    createTopics: async (topics) => {
      created.push(...topics)
      return topics.map(({ topic }) => topic)
    },
    topicConfig: async () => new Map([['max.message.bytes', '4096']]),
    ...rest,
  }
  return { created, broker: { cluster, settings: SETTINGS } as KafkaBroker }
}

t.test('a topic that gets three replicas by default needs two to acknowledge', async (t) => {
  for (const [brokers, least] of [
    [1, undefined],
    [3, '2'],
  ] as const) {
    const { created, broker } = scripted(brokers)

    await prepareTopic('events', broker, RETENTION, 1024, logger)

    t.equal(created[0]?.config['min.insync.replicas'], least, `${brokers} brokers`)
  }
})

t.test('a broker that restarts does not hide the limit of a topic', async (t) => {
  let failures = 1
  const { broker } = scripted(1, {
    topicConfig: async () => {
      if (failures-- > 0) throw new KafkaError('CONNECTION', 'gone')
      return new Map([['max.message.bytes', '4096']])
    },
  })

  const topic = await prepareTopic('events', broker, RETENTION, 1024 * 1024, logger)

  t.equal(topic.maxMessageBytes, 4096)
})
