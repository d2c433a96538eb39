import t from 'tap'
import { GroupSession } from '#kafka/group/group-session.ts'
import type { GroupConnection } from '#kafka/kafka-cluster.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const TIMEOUT_MS = 3000
const METADATA = Buffer.from('metadata')

/** A coordinator whose answers take as long as a test says. */
function start() {
  const clock = new FakeClock(0)
  const told: unknown[] = []
  const answer = { afterMs: 0, code: '' }
  const asked = async (what: unknown) => {
    told.push(what)
    clock.advance(answer.afterMs)
    if (answer.code !== '') throw new KafkaError(answer.code, 'as told')
  }
  const connection: GroupConnection = {
    join: async (options) => {
      await asked(options)
      return { memberId: 'me', generation: 7, leaderId: 'you', members: [] }
    },
    sync: async (options) => {
      await asked(options)
      return Buffer.from('share')
    },
    heartbeat: (options) => asked(options),
    leave: (memberId) => asked(`leave ${memberId}`),
    close: async () => {},
  }
  const session = new GroupSession({
    connection,
    clock,
    timeoutsMs: [TIMEOUT_MS, 9000],
    rebalanceTimeoutMs: 10_000,
    monotonic: () => clock.now(),
  })
  return { clock, session, told, answer }
}

t.test('holds for two thirds of the session from when a request was sent', async (t) => {
  const { clock, session, answer } = start()
  t.equal(session.holds, false)
  const requests = [
    () => session.join(METADATA),
    () => session.sync(new Map()),
    () => session.heartbeat(),
  ]

  for (const request of requests) {
    answer.afterMs = 900
    await request()
    t.equal(session.holds, true)
    clock.advance(1099)
    t.equal(session.holds, true)
    clock.advance(1)
    t.equal(session.holds, false)
  }
})

t.test('what failed proves nothing', async (t) => {
  const { session, answer } = start()
  answer.code = 'CONNECTION'

  await t.rejects(session.join(METADATA), { code: 'CONNECTION' })
  await t.rejects(session.heartbeat(), { code: 'CONNECTION' })

  t.equal(session.holds, false)
})

t.test('heartbeat() that is answered by a rebalance is an answer', async (t) => {
  const { session, answer } = start()
  await session.join(METADATA)
  t.equal(await session.heartbeat(), true)
  session.end()
  answer.code = 'REBALANCE_IN_PROGRESS'

  t.equal(await session.heartbeat(), false)
  t.equal(session.holds, true)
})

t.test('requests carry who we are', async (t) => {
  const { session, told } = start()
  await session.join(METADATA)
  await session.sync(new Map())
  await session.heartbeat()
  await session.join(METADATA)
  await session.leave()
  await session.join(METADATA)

  const join = {
    sessionTimeoutMs: TIMEOUT_MS,
    rebalanceTimeoutMs: 10_000,
    protocol: 'sluice-cooperative',
    metadata: METADATA,
  }
  t.same(told, [
    { ...join, memberId: '' },
    { memberId: 'me', generation: 7, assignments: new Map() },
    { memberId: 'me', generation: 7 },
    { ...join, memberId: 'me' },
    'leave me',
    { ...join, memberId: '' },
  ])
})

t.test('lengthen() asks for the next session, and counts by it', async (t) => {
  const { clock, session, told } = start()
  t.equal(session.lengthen(), true)
  t.equal(session.lengthen(), false)

  await session.join(METADATA)

  t.match(told, [{ sessionTimeoutMs: 9000 }])
  clock.advance(5999)
  t.equal(session.holds, true)
  clock.advance(1)
  t.equal(session.holds, false)
})

t.test('leave() asks again where the coordinator has moved, and never fails', async (t) => {
  const { session, told, answer } = start()
  await session.leave()
  t.same(told, [], 'nobody to leave as')
  await session.join(METADATA)
  told.length = 0

  answer.code = 'NOT_COORDINATOR'
  await session.leave()
  t.same(told, ['leave me', 'leave me'])
  t.equal(session.holds, false)

  answer.code = ''
  await session.join(METADATA)
  answer.code = 'UNKNOWN_MEMBER_ID'
  told.length = 0
  await session.leave()
  t.same(told, ['leave me'])
})
