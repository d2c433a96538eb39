import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { Problem } from '#problems/problem.ts'
import { aRecord, idOf, KEEP, never, readAll, until } from '../event-log.suite.ts'
import { startSqlite } from './start-sqlite.ts'

t.test('clients in two threads share one log', async (t) => {
  const { logs, writer, dataDir } = startSqlite(t)
  const log = await logs.open('demo/default', KEEP)
  const port = writer.connect()
  const worker = new Worker(new URL('./read-and-reply-thread.ts', import.meta.url), {
    workerData: { dataDir, port },
    transferList: [port],
  })
  const seen = once(worker, 'message')
  const sent: string[] = []
  for (let at = 0; at < 300; at++) {
    const id = at === 299 ? 'last' : `${at}`
    sent.push(id)
    const appended = log.append([aRecord(id)])
    if (at % 3 === 0) await appended
  }

  t.same((await seen)[0], sent)
  const replies = (await readAll(log)).filter(({ hops }) => hops === 1)
  t.same(
    replies.map(idOf),
    sent.map((id) => `re-${id}`),
  )
})

t.test('a commit of one client wakes a waiting reader of another', async (t) => {
  const { logs, connect } = startSqlite(t)
  const log = await logs.open('demo/default', KEEP)
  const reader = connect()
  t.teardown(() => reader.close())
  const other = await reader.open('demo/default', KEEP)
  for (let at = 0; at < 50; at++) {
    const from = [{ partition: 0, offset: at }]
    const waiting = other.read(from, { maxBytes: 1000, waitMs: 60_000, signal: never })
    if (at % 2 === 0) await new Promise(setImmediate)
    await log.append([aRecord(`${at}`)])
    t.same((await waiting)[0]!.records.map(idOf), [`${at}`])
  }
})

t.test('what waits to be written is bounded in bytes', async (t) => {
  const { logs } = startSqlite(t, { maxPendingBytes: 100_000 })
  const log = await logs.open('demo/default', KEEP)

  const calls = Array.from({ length: 30 }, (_, at) => log.append([aRecord(`${at}`, 10_000)]))
  t.equal(log.refusal()?.type, 'over-capacity')
  const results = await Promise.allSettled(calls)

  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  t.ok(refused.length >= 19 && refused.length <= 21, `${refused.length} refused`)
  for (const reason of refused) {
    t.ok(
      reason instanceof Problem &&
        reason.type === 'over-capacity' &&
        reason.retryAfterSeconds === 1,
    )
  }
  t.equal(log.refusal(), undefined)
  t.equal((await readAll(log)).length, 30 - refused.length, 'refused is refused')
})

t.test('what waits to be written is bounded in calls, each of which holds a request', async (t) => {
  const { logs } = startSqlite(t, { maxPendingCalls: 5 })
  const log = await logs.open('demo/default', KEEP)

  const calls = Array.from({ length: 8 }, (_, at) => log.append([aRecord(`${at}`)]))
  t.equal(log.refusal()?.type, 'over-capacity')
  const results = await Promise.allSettled(calls)

  t.equal(results.filter((result) => result.status === 'fulfilled').length, 5)
  t.equal(log.refusal(), undefined)
})

t.test('what waits to be written is bounded in time', async (t) => {
  const { logs, clock } = startSqlite(t)
  const log = await logs.open('demo/default', KEEP)
  const appended = log.append([aRecord('1')])
  t.equal(log.refusal(), undefined)

  clock.advance(2001)
  t.equal(log.refusal()?.type, 'over-capacity')
  await t.rejects(log.append([aRecord('2')]), Problem)

  await appended
  t.equal(log.refusal(), undefined)
})

t.test('a log whose writer has ended refuses, and reads on', async (t) => {
  const { logs, writer } = startSqlite(t)
  const log = await logs.open('demo/default', KEEP)
  await log.append([aRecord('1')])
  await writer.close()
  await until('it is noticed', () => log.fault() !== undefined)

  t.equal(log.refusal()?.type, 'log-unavailable')
  await t.rejects(log.append([aRecord('2')]), /its writer has stopped/)
  t.equal((await readAll(log)).length, 1)
  await t.rejects(logs.open('demo/default', KEEP), Problem)
})

t.test('a writer that ends while a client closes leaves no append without an answer', async (t) => {
  const { logs, writer } = startSqlite(t)
  const log = await logs.open('demo/default', KEEP)
  const answered = Promise.allSettled([log.append([aRecord('1')])])
  const closed = logs.close()
  await writer.close()

  // It may have been committed just before; then that is the answer.
  const [answer] = await answered
  if (answer.status === 'rejected') t.match(answer.reason.message, /its writer has stopped/)
  else t.same(answer.value, [{ partition: 0, offset: 0 }])
  await closed
})
