import t, { type Test } from 'tap'
import { KafkaError } from '#kafka/kafka-error.ts'
import { KafkaProducer } from '#kafka/producer.ts'
import type { EventsTopic } from '#log/kafka/prepare-topic.ts'
import { TopicWriter } from '#log/kafka/topic-writer.ts'
import { anEvent } from '../../../support/an-event.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const TOPIC = { name: 't', partitions: 3, maxMessageBytes: 1024 * 1024 } as EventsTopic

function start(leaders: readonly (number | undefined)[]) {
  const clock = new FakeClock()
  const cluster = {
    forget: () => {},
    partitions: async () =>
      leaders.map((leader, partition) => ({ partition, leader, replicas: 1 })),
    produce: async (_: number, batches: readonly unknown[]) =>
      batches.map(() => ({ baseOffset: 0 })),
  }
  const producer = new KafkaProducer({ cluster, clock, lingerMs: 5 })
  const writer = new TopicWriter({ broker: 'default/b', topic: TOPIC, producer, clock })
  return { clock, writer }
}

async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 50) {
    clock.advance(50)
    for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate)
  }
}

t.test(
  'few events without a key do not wait for a partition that nobody leads',
  async (t: Test) => {
    const { clock, writer } = start([undefined, 1, 1])
    const outcomes: Promise<'stored' | 'refused'>[] = []

    for (let second = 0; second < 20; second++) {
      const appended = writer.append([{ event: anEvent({}, '{}'), hops: 0 }])
      outcomes.push(
        appended.then(
          () => 'stored',
          () => 'refused',
        ),
      )
      await pass(clock, 1000)
    }
    await pass(clock, 5000)

    const refused = (await Promise.all(outcomes)).filter((each) => each === 'refused')
    t.ok(refused.length <= 2, `${refused.length} of 20 events were refused`)
  },
)

t.test('close() waits for every batch of a call of which another has failed', async (t) => {
  const sends: PromiseWithResolvers<number>[] = []
  const producer = {
    queued: { calls: 0, bytes: 0 },
    faultOf: () => undefined,
    waitingBytes: () => 0,
    limitBatches: () => {},
    send: () => {
      const sent = Promise.withResolvers<number>()
      sends.push(sent)
      return sent.promise
    },
  }
  const clock = new FakeClock()
  const writer = new TopicWriter({ broker: 'default/b', topic: TOPIC, producer, clock })
  const events = Array.from({ length: 9 }, (_, i) => anEvent({ partitionkey: `k${i}` }))
  const appended = t.rejects(
    writer.append(events.map((event) => ({ event, hops: 0 }))),
    /has not acknowledged it/,
  )
  let isClosed = false

  const closing = writer.close().then(() => {
    isClosed = true
  })
  sends[0]?.reject(new KafkaError('REQUEST_TIMED_OUT', 'late'))
  await new Promise(setImmediate)

  t.ok(sends.length > 1)
  t.notOk(isClosed, 'while the other batches wait')
  for (const sent of sends) sent.resolve(0)
  await closing
  await appended
})
