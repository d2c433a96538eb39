import t from 'tap'
import type { FetchResult, KafkaCluster, PartitionLeader } from '#kafka/kafka-cluster.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import { TailReader } from '#log/kafka/tail-reader.ts'

const MOVED = { code: 'NOT_LEADER_OR_FOLLOWER', message: 'moved' }

/** Two partitions of one leader. */
class ScriptedCluster {
  asked = 0
  fetches = 0
  partitionsNow: () => Promise<readonly PartitionLeader[]> = async () =>
    [0, 1].map((partition) => ({ partition, leader: 1, replicas: 1 }))
  answer: (position: FetchResult) => FetchResult | Promise<FetchResult> = (each) => each
  readonly cluster = this as unknown as KafkaCluster

  forget(): void {}
  cut(): void {}

  partitions() {
    this.asked++
    return this.partitionsNow()
  }

  async fetch(...[, from]: Parameters<KafkaCluster['fetch']>): Promise<readonly FetchResult[]> {
    this.fetches++
    await new Promise(setImmediate)
    return Promise.all(
      from.map((each) =>
        this.answer({ ...each, records: [], next: each.offset, start: 0, end: 0 }),
      ),
    )
  }
}

function start() {
  const scripted = new ScriptedCluster()
  return { scripted, tail: new TailReader(scripted.cluster, 'events') }
}

const both = [0, 1].map((partition) => ({ partition, offset: 5 }))
const { signal: never } = new AbortController()

t.test('a cluster that is gone is not asked without a pause after a partition moved', async (t) => {
  const { scripted, tail } = start()
  const [first] = both
  const abort = new AbortController()
  const gate = Promise.withResolvers<void>()
  scripted.answer = (each) => gate.promise.then(() => ({ ...each, next: 6 }))
  const reading = tail.read(both, { maxBytes: 1, waitMs: 100, signal: abort.signal })
  await new Promise(setImmediate)
  abort.abort()
  await reading.catch(() => undefined)
  gate.resolve()
  // What came for partition 1 is asked for by nobody any more.
  await tail.read([first!], { maxBytes: 1, waitMs: 100, signal: never })
  scripted.partitionsNow = () => Promise.reject(new KafkaError('CONNECTION', 'gone'))
  scripted.asked = 0

  await tail.read([first!], { maxBytes: 1, waitMs: 350, signal: never })

  t.ok(scripted.asked < 10, `asked ${scripted.asked} times`)
})

t.test('a broker that refuses one partition at once is not asked without a pause', async (t) => {
  const { scripted, tail } = start()
  scripted.answer = (each) => (each.partition === 1 ? { ...each, error: MOVED } : each)

  const results = await tail.read(both, { maxBytes: 1, waitMs: 350, signal: never })

  t.ok(scripted.fetches < 10, `asked ${scripted.fetches} times`)
  t.same(results.get(1)?.error, MOVED)
})

t.test('a read that is aborted while the leaders are asked for ends at once', async (t) => {
  const { scripted, tail } = start()
  const asked = Promise.withResolvers<readonly PartitionLeader[]>()
  scripted.partitionsNow = () => asked.promise
  const abort = new AbortController()
  const reading = tail.read(both, { maxBytes: 1, waitMs: 1000, signal: abort.signal })
  const ended = reading.then(
    () => 'read',
    () => 'aborted',
  )

  abort.abort(new Error('enough'))

  const soon = new Promise((resolve) => setTimeout(resolve, 50, 'waits'))
  t.equal(await Promise.race([ended, soon]), 'aborted')
  asked.resolve([])
})
