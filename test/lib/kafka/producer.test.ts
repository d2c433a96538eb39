import t from 'tap'
import type { KafkaCluster, ProduceResult } from '#kafka/kafka-cluster.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import { KafkaProducer } from '#kafka/producer.ts'
import type { NewKafkaRecord } from '#kafka/records/kafka-record.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const MOVED = { error: { code: 'NOT_LEADER_OR_FOLLOWER', message: 'moved' } }

type Request = Parameters<KafkaCluster['produce']>
type Answer = (request: Request) => readonly ProduceResult[] | Promise<readonly ProduceResult[]>

/** A cluster whose answers a test writes; what it stores is kept by partition. */
class ScriptedCluster {
  readonly stored = new Map<number, string[]>()
  readonly requests: Request[] = []
  /** `undefined`: nobody. */
  readonly leaders: (number | undefined)[]
  /** Answers to come, first in first out; afterwards everything is stored. */
  readonly answers: Answer[] = []

  constructor(leaders: (number | undefined)[]) {
    this.leaders = leaders
  }

  forget(): void {}

  async partitions() {
    return this.leaders.map((leader, partition) => ({ partition, leader, replicas: 1 }))
  }

  async produce(...request: Request): Promise<readonly ProduceResult[]> {
    this.requests.push(request)
    const answer = this.answers.shift() ?? ((each: Request) => this.store(each))
    return answer(request)
  }

  store([, batches]: Request): readonly ProduceResult[] {
    return batches.map(({ partition, records }) => {
      const stored = this.stored.get(partition) ?? []
      this.stored.set(partition, stored)
      const baseOffset = stored.length
      for (const { key } of records) stored.push(String(key))
      return { baseOffset }
    })
  }
}

function record(key: string, bytes = 10): NewKafkaRecord {
  return { key, value: Buffer.alloc(bytes), headers: [], timestamp: 0 }
}

function start(leaders: (number | undefined)[] = [1, 2], lingerMs = 0) {
  const clock = new FakeClock()
  const cluster = new ScriptedCluster(leaders)
  const producer = new KafkaProducer({ cluster, clock, lingerMs })
  return { clock, cluster, producer }
}

/** Lets everything happen that happens by itself, `ms` milliseconds long. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let at = 0; at <= ms; at += 10) {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    clock.advance(10)
  }
}

t.test('send() resolves with the offset that the broker gave', async (t) => {
  const { clock, producer } = start([1])
  const sent = [
    producer.send('t', 0, [record('a'), record('b')]),
    producer.send('t', 0, [record('c')]),
  ]

  await pass(clock, 20)

  t.same(await Promise.all(sent), [0, 2])
  t.same(producer.queued, { calls: 0, bytes: 0 })
})

t.test('a partition that the answer leaves out counts as not stored', async (t) => {
  const { clock, cluster, producer } = start([1, 1])
  cluster.answers.push((request) => {
    const [first] = cluster.store([request[0], request[1].slice(0, 1), request[2]])
    return [first!, { error: { code: 'NO_ANSWER', message: 'not named' } }]
  })
  const sent = [producer.send('t', 0, [record('a')]), producer.send('t', 1, [record('b')])]

  await pass(clock, 300)
  await Promise.all(sent)

  t.same(cluster.stored.get(0), ['a'], 'not sent twice')
  t.same(cluster.stored.get(1), ['b'])
})

t.test('a batch is sent again to whoever leads the partition then, in the old order', async (t) => {
  const { clock, cluster, producer } = start([1])
  cluster.answers.push(() => {
    cluster.leaders[0] = 2
    return [MOVED]
  })
  const first = producer.send('t', 0, [record('a')])
  await pass(clock, 20)
  const second = producer.send('t', 0, [record('b')])

  await pass(clock, 300)

  t.same([await first, await second], [0, 1])
  t.same(cluster.stored.get(0), ['a', 'b'])
  t.same(
    cluster.requests.map(([leader]) => leader),
    [1, 2],
  )
})

t.test('a lost connection fails no send while there is time', async (t) => {
  const { clock, cluster, producer } = start([1])
  for (let i = 0; i < 5; i++) {
    cluster.answers.push(() => Promise.reject(new KafkaError('CONNECTION', 'cut')))
  }
  const sent = producer.send('t', 0, [record('a')])

  await pass(clock, 100)
  t.match(producer.faultOf('t'), /CONNECTION/)
  await pass(clock, 1000)

  t.equal(await sent, 0)
  t.equal(producer.faultOf('t'), undefined)
})

t.test(
  'what is not acknowledged within four seconds is rejected, and not sent again',
  async (t) => {
    const { clock, cluster, producer } = start([1])
    const refuse = () => [{ error: { code: 'NOT_ENOUGH_REPLICAS', message: 'two are away' } }]
    for (let i = 0; i < 100; i++) cluster.answers.push(refuse)
    const sent = producer.send('t', 0, [record('a')]).catch((error: unknown) => error)

    await pass(clock, 4100)

    const error = (await sent) as KafkaError
    t.equal(error.code, 'REQUEST_TIMED_OUT')
    t.match(error.message, /NOT_ENOUGH_REPLICAS/)
    cluster.answers.length = 0
    await pass(clock, 500)
    t.equal(cluster.stored.size, 0)
    t.same(producer.queued, { calls: 0, bytes: 0 })
  },
)

t.test(
  'a broker whose followers do not answer is not given the same records over and over',
  async (t) => {
    const { clock, cluster, producer } = start([1])
    const timeouts: number[] = []
    cluster.answers.push(async (request) => {
      cluster.store(request)
      return [MOVED]
    })
    for (let i = 0; i < 100; i++) {
      cluster.answers.push((request) => {
        cluster.store(request)
        timeouts.push(request[2])
        const { promise, resolve } = Promise.withResolvers<readonly ProduceResult[]>()
        const error = { code: 'REQUEST_TIMED_OUT', message: 'followers do not answer' }
        clock.after(request[2], () => resolve([{ error }]))
        return promise
      })
    }
    const rejected: number[] = []
    for (let i = 0; i < 10; i++) {
      producer.send('t', 0, [record(`${i}`)]).catch(() => rejected.push(clock.now()))
      await pass(clock, 0)
    }

    const began = clock.now()
    await pass(clock, 4500)

    const times = new Map<string, number>()
    for (const key of cluster.stored.get(0) ?? []) times.set(key, (times.get(key) ?? 0) + 1)
    t.ok(Math.max(...times.values()) <= 2, 'once, and once more after the answer')
    t.equal(rejected.length, 10)
    t.ok(
      rejected.every((at) => at <= began + 4000 + 20),
      'each one in time',
    )
    t.ok(rejected[0]! < rejected.at(-1)!, 'and each at its own')
    t.same(producer.queued, { calls: 0, bytes: 0 })
  },
)

t.test('an answer that is late for some is in time for the others', async (t) => {
  const { clock, cluster, producer } = start([1], 50)
  const { promise, resolve } = Promise.withResolvers<readonly ProduceResult[]>()
  cluster.answers.push(() => promise)
  const first = producer.send('t', 0, [record('a'), record('b')]).catch((error: unknown) => error)
  await pass(clock, 30)
  const second = producer.send('t', 0, [record('c')])
  await pass(clock, 3980)

  resolve([{ baseOffset: 7 }])
  await pass(clock, 10)

  t.match(await first, { code: 'REQUEST_TIMED_OUT' })
  t.equal(await second, 9)
  t.equal(cluster.requests.length, 1)
  t.same(producer.queued, { calls: 0, bytes: 0 })
})

t.test('a topic without a leader for the partition is waited for', async (t) => {
  const { clock, cluster, producer } = start([])
  const sent = producer.send('t', 0, [record('a')])
  await pass(clock, 300)
  cluster.leaders.push(1)

  await pass(clock, 300)

  t.equal(await sent, 0)
})

t.test(
  'a partition that nobody leads holds up no other, and is asked for now and then',
  async (t) => {
    const { clock, cluster, producer } = start([undefined, 1])
    let asked = 0
    const { partitions } = cluster
    cluster.partitions = () => {
      asked++
      return partitions.call(cluster)
    }
    const stuck = t.rejects(producer.send('t', 0, [record('a')]), { code: 'REQUEST_TIMED_OUT' })

    await pass(clock, 100)
    const sent = producer.send('t', 1, [record('b')])
    await pass(clock, 1000)

    t.strictSame(cluster.stored.get(1), ['b'])
    t.equal(await sent, 0)
    t.ok(asked <= 20, `asked ${asked} times in 1.1 seconds`)
    await pass(clock, 4000)
    await stuck
  },
)

t.test('what cannot ever be stored is rejected at once', async (t) => {
  const { clock, cluster, producer } = start([1])
  cluster.answers.push(() => [{ error: { code: 'MESSAGE_TOO_LARGE', message: 'too large' } }])

  const sent = producer.send('t', 0, [record('a')]).catch((error: unknown) => error)
  await pass(clock, 20)

  t.equal(((await sent) as KafkaError).code, 'MESSAGE_TOO_LARGE')
})

t.test('one request per leader is under way, and what comes meanwhile goes together', async (t) => {
  const { clock, cluster, producer } = start([1])
  const gate = Promise.withResolvers<void>()
  cluster.answers.push(async (request) => {
    await gate.promise
    return cluster.store(request)
  })
  const sent = [producer.send('t', 0, [record('first')])]
  await pass(clock, 20)
  for (let i = 0; i < 100; i++) sent.push(producer.send('t', 0, [record(`${i}`)]))
  await pass(clock, 20)
  t.equal(cluster.requests.length, 1)

  gate.resolve()
  await pass(clock, 20)
  await Promise.all(sent)

  t.equal(cluster.requests.length, 2)
})

t.test('a batch stays below 64 KiB, unless one call alone is larger', async (t) => {
  const { clock, cluster, producer } = start([1])
  const sent = Array.from({ length: 40 }, (_, i) => producer.send('t', 0, [record(`${i}`, 10_000)]))
  sent.push(producer.send('t', 0, [record('large', 100_000)]))

  await pass(clock, 400)
  await Promise.all(sent)

  for (const [, batches] of cluster.requests) {
    for (const { records } of batches) {
      const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
      t.ok(bytes < 64 * 1024 || records.length === 1, `${bytes} bytes`)
    }
  }
})

t.test('a batch waits for company, and takes along what goes to the same broker', async (t) => {
  const { clock, cluster, producer } = start([1, 1], 50)
  const sent = [producer.send('t', 0, [record('a')])]
  await pass(clock, 20)
  sent.push(producer.send('t', 1, [record('b')]))
  t.equal(cluster.requests.length, 0)

  await pass(clock, 50)
  await Promise.all(sent)

  t.equal(cluster.requests.length, 1)
  t.equal(cluster.requests[0]?.[1].length, 2)
})

t.test('a full queue refuses more', async (t) => {
  const { producer, cluster } = start([1])
  cluster.answers.push(() => new Promise(() => undefined))
  const sent = Array.from({ length: 34 }, (_, i) =>
    producer.send('t', 0, [record(`${i}`, 2 ** 20)]),
  )
  void Promise.allSettled(sent)

  const refused = await producer.send('t', 0, [record('more')]).catch((error: unknown) => error)
  t.equal((refused as KafkaError).code, 'QUEUE_FULL')
})

t.test('close() sends what waits, and takes no more', async (t) => {
  const { clock, cluster, producer } = start([1], 5000)
  const sent = producer.send('t', 0, [record('a')])
  const closed = producer.close()

  await pass(clock, 50)
  await closed

  t.equal(await sent, 0)
  t.same(cluster.stored.get(0), ['a'])
  await t.rejects(producer.send('t', 0, [record('b')]), { code: 'CLOSED' })
})

t.test('a batch that is too large for its topic costs no record that is not', async (t) => {
  const { clock, cluster, producer } = start([1])
  const refused = { error: { code: 'MESSAGE_TOO_LARGE', message: 'too large' } }
  const answer: Answer = (request) => {
    const bytes = request[1][0]!.records.reduce((sum, { value }) => sum + value!.length, 0)
    return bytes > 2500 ? [refused] : cluster.store(request)
  }
  cluster.answers.push(...Array.from({ length: 20 }, () => answer))
  const sent = Promise.allSettled(
    ['a', 'b', 'c', 'd', 'e'].map((key) =>
      producer.send('t', 0, [record(key, key === 'd' ? 3000 : 1000)]),
    ),
  )

  await pass(clock, 2000)

  t.same(
    (await sent).map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  )
  t.same(cluster.stored.get(0), ['a', 'b', 'c', 'e'])
})

t.test('a send ends in time when the clock of the machine is set back', async (t) => {
  const clock = new FakeClock()
  let setBackMs = 0
  const cluster = new ScriptedCluster([])
  const producer = new KafkaProducer({
    cluster,
    clock: {
      now: () => clock.now() - setBackMs,
      after: (delayMs, task) => clock.after(delayMs, task),
    },
    lingerMs: 0,
  })
  const sent = producer.send('t', 0, [record('a')]).catch((error: KafkaError) => error.code)
  await pass(clock, 100)
  setBackMs = 3_600_000

  await pass(clock, 5000)

  t.equal(producer.queued.calls, 0)
  cluster.leaders.push(1)
  await pass(clock, 20)
  t.equal(await Promise.race([sent, 'nothing']), 'REQUEST_TIMED_OUT')
})

t.test('close() ends for everybody who calls it', async (t) => {
  const { clock, producer } = start([1])
  const sent = producer.send('t', 0, [record('a')])
  const closed = Promise.all([producer.close(), producer.close()]).then(() => 'closed')

  await pass(clock, 100)
  await sent

  t.equal(await Promise.race([closed, new Promise((r) => setTimeout(r, 50, 'waits'))]), 'closed')
})
