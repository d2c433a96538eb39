import kafkajs from 'kafkajs'
import t from 'tap'
import { sharedKafka, uniqueName } from './shared-kafka.ts'

const { servers, bootstrap } = await sharedKafka(t)

t.test('the shared Kafka holds what a test puts there', async (t) => {
  const topic = uniqueName('shared')
  const kafka = new kafkajs.Kafka({ brokers: [...servers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())

  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })

  t.ok((await admin.listTopics()).includes(topic))
  t.equal(servers.join(','), bootstrap)
})
