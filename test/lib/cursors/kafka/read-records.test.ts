import t from 'tap'
import { offsetAt, readRecords } from '#cursors/kafka/read-records.ts'
import type { FetchPosition, FetchResult } from '#kafka/kafka-cluster.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import type { KafkaRecord } from '#kafka/records/kafka-record.ts'

const PLACE = { topic: 'cursors', partition: 2 }

function recordAt(offset: number): KafkaRecord {
  return { offset, timestamp: 0, key: null, value: null, headers: [] }
}

type Answer = Partial<FetchResult> | Error

/** A cluster that answers one fetch after the other, and what it was asked. */
function clusterWith(answers: readonly Answer[], leaders: readonly (number | undefined)[] = [1]) {
  const asked: number[] = []
  const left = [...answers]
  const leadersLeft = [...leaders]
  let forgotten = 0
  const cluster = {
    partitions: async () => {
      const leader = leadersLeft.length > 1 ? leadersLeft.shift() : leadersLeft[0]
      return [{ partition: 2, leader, replicas: 1 }]
    },
    forget: () => forgotten++,
    listOffsets: async () => new Map<number, number>(),
    fetch: async (_leader: number, [from]: readonly FetchPosition[]) => {
      asked.push(from!.offset)
      const answer = left.shift() ?? new Error('nothing more is expected')
      if (answer instanceof Error) throw answer
      return [{ ...from!, records: [], next: from!.offset, start: 0, end: 0, ...answer }]
    },
  }
  return { cluster, asked, forgotten: () => forgotten }
}

async function read(cluster: Parameters<typeof readRecords>[0], from: number, to: number) {
  const offsets: number[] = []
  await readRecords(cluster, PLACE, from, to, ({ offset }) => offsets.push(offset))
  return offsets
}

t.test(
  'reads on until the offset that was asked for, and takes nothing from there on',
  async (t) => {
    const { cluster, asked } = clusterWith([
      { records: [recordAt(3), recordAt(5)], next: 6, end: 9 },
      { records: [recordAt(7), recordAt(8)], next: 9, end: 9 },
    ])

    t.strictSame(await read(cluster, 2, 8), [3, 5, 7])
    t.strictSame(asked, [2, 6])
  },
)

t.test('reads nothing where there is nothing', async (t) => {
  const { cluster, asked } = clusterWith([])

  t.strictSame(await read(cluster, 4, 4), [])
  t.strictSame(asked, [])
})

t.test('ends where compaction has left nothing up to the end', async (t) => {
  const { cluster } = clusterWith([
    { records: [recordAt(3)], next: 4, end: 9 },
    { next: 4, end: 9 },
  ])

  t.strictSame(await read(cluster, 0, 9), [3])
})

t.test('waits for a leader that does not know yet that all of it is committed', async (t) => {
  const { cluster, asked } = clusterWith([
    { records: [recordAt(3)], next: 4, end: 4 },
    { next: 4, end: 4 },
    { records: [recordAt(4)], next: 5, end: 5 },
  ])

  t.strictSame(await read(cluster, 0, 5), [3, 4])
  t.strictSame(asked, [0, 4, 4])
})

t.test('goes on where it was while the partition changes its leader', async (t) => {
  const moved = { code: 'NOT_LEADER_OR_FOLLOWER', message: 'moved' }
  const { cluster, asked, forgotten } = clusterWith(
    [
      { records: [recordAt(3)], next: 4, end: 9 },
      { error: moved },
      new KafkaError('CONNECTION', 'cut'),
      { records: [recordAt(8)], next: 9, end: 9 },
    ],
    [1, 1, undefined, 2],
  )

  t.strictSame(await read(cluster, 0, 9), [3, 8])
  t.strictSame(asked, [0, 4, 4, 4])
  t.equal(forgotten(), 3)
})

t.test('a failure that does not pass is thrown', async (t) => {
  const error = { code: 'TOPIC_AUTHORIZATION_FAILED', message: 'no' }
  const { cluster } = clusterWith([{ error }])

  await t.rejects(read(cluster, 0, 9), { name: 'KafkaError', ...error })
  await t.rejects(offsetAt(cluster, PLACE, 'latest'), { code: 'UNKNOWN_TOPIC_OR_PARTITION' })
})
