import t from 'tap'
import type { KafkaCluster } from '#kafka/kafka-cluster.ts'
import { KafkaClusters } from '#kafka/kafka-clusters.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import { KafkaEventLogs } from '#log/kafka/kafka-event-logs.ts'
import { createLogger } from '#telemetry/logger.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { SETTINGS } from './start-kafka-logs.ts'

const BROKER = 'default/default'
const RETENTION = { ageMs: 1000, bytes: undefined }

t.test('a log is closed, too, when its Broker moved to a Kafka that cannot be used', async (t) => {
  const connect = ({ servers }: { servers: readonly string[] }) => {
    const cluster: Partial<KafkaCluster> = {
      partitions: async () => {
        if (servers[0] === 'good:1') return [{ partition: 0, leader: 1, replicas: 1 }]
        throw new KafkaError('TOPIC_AUTHORIZATION_FAILED', 'not allowed')
      },
      topicConfig: async () => new Map(),
      cut: () => undefined,
      close: async () => undefined,
    }
    return cluster as KafkaCluster
  }
  const clock = new FakeClock()
  const logger = createLogger({ level: 'silent', name: 'test' })
  const clusters = new KafkaClusters({
    servers: undefined,
    clientId: 'test',
    lingerMs: 0,
    clock,
    connect,
  })
  const logs = new KafkaEventLogs({ clusters, clientId: 'test', maxEventBytes: 1, clock, logger })
  const isAt = (server: string) =>
    clusters.apply([{ key: BROKER, kafka: { ...SETTINGS, bootstrapServers: [server] } }])
  isAt('good:1')
  const log = await logs.open(BROKER, RETENTION)
  isAt('bad:1')
  await t.rejects(logs.open(BROKER, RETENTION), /not allowed/)

  await logs.close()
  await clusters.close()

  t.match(log.refusal()?.message, /closed/)
  t.equal(clock.pending, 0)
})
