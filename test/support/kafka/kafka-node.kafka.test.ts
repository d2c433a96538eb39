import { existsSync } from 'node:fs'
import kafkajs from 'kafkajs'
import t from 'tap'
import { runUntilKilled } from '../run-until-killed.ts'
import { isAlive } from './is-alive.ts'
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
  await node.pause()
  t.same(await knownBrokers(node.port), [])

  node.resume()
  t.same(await knownBrokers(node.port), [node.id])
})

t.test('a broker ends with the process that started it, and takes its files along', async (t) => {
  const script = new URL('start-until-killed.ts', import.meta.url)

  const [pid = '', folder = ''] = await runUntilKilled(script, [], 2)

  const deadline = performance.now() + 5000
  while (isAlive(Number(pid)) || existsSync(folder)) {
    if (performance.now() > deadline) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  t.notOk(isAlive(Number(pid)))
  t.notOk(existsSync(folder))
})

function client(bootstrap: string) {
  return new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })
}
