import t from 'tap'
import { FakeClock } from '../../../support/fake-clock.ts'
import { sharedKafka, uniqueName } from '../../../support/kafka/shared-kafka.ts'
import { eventLogSuite } from '../event-log.suite.ts'
import { startKafkaLogs } from './start-kafka-logs.ts'

const { servers } = await sharedKafka(t)

for (const partitions of [1, 3]) {
  eventLogSuite(t, `KafkaEventLogs with ${partitions} partition(s)`, async (t) => {
    const clock = new FakeClock()
    const broker = `demo/${uniqueName('suite')}`
    const other = `demo/${uniqueName('other')}`
    // The records' times are long past: retention must not take them.
    const kafka = { partitions, topicConfig: { 'retention.ms': '-1' } }
    const options = { servers, clock, brokers: { [broker]: kafka, [other]: kafka } }
    const { logs, clusters } = startKafkaLogs(t, options)
    const reopen = async () => {
      await logs.close()
      return startKafkaLogs(t, options).logs
    }
    const spoil: NonNullable<Awaited<ReturnType<Parameters<typeof eventLogSuite>[2]>>['spoil']> = (
      partition,
      { value, headers },
    ) => {
      const record = {
        key: null,
        value: value ?? null,
        headers: [...headers],
        timestamp: clock.now(),
      }
      const topic = `knative-broker-${broker.replace('/', '-')}`
      return clusters.of(broker).producer.send(topic, partition, [record])
    }
    return { logs, clock, broker, other, reopen, spoil }
  })
}
