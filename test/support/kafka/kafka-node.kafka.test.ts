import { Kafka, logLevel } from 'kafkajs'
import t from 'tap'
import { knownBrokers } from './known-brokers.ts'
import { startKafka } from './start-kafka.ts'

const node = await startKafka(t)

t.test('the node keeps what it has acknowledged when it is killed and started again', async (t) => {
  const kafka = client(node.bootstrap)
  const admin = kafka.admin()
  const producer = kafka.producer()
  await admin.connect()
  await producer.connect()
  await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }] })
  await producer.send({ topic: 'kept', messages: [{ value: 'a' }, { value: 'b' }] })

  await node.kill()
  t.equal(node.pid, undefined)
  await node.start()

  const [ends] = await admin.fetchTopicOffsets('kept')
  t.equal(ends?.high, '2')
  await Promise.all([admin.disconnect(), producer.disconnect()])
})

t.test('a paused node answers nothing until it goes on', async (t) => {
  node.pause()
  t.same(await knownBrokers(node.port), [])

  node.resume()
  t.same(await knownBrokers(node.port), [node.id])
})

function client(bootstrap: string): Kafka {
  return new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING })
}
