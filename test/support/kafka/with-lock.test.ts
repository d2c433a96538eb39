import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { withLock } from './with-lock.ts'

t.test('one works after the other', async (t) => {
  const lock = join(t.testdir(), 'lock')
  const events: string[] = []
  const work = (name: string) =>
    withLock(lock, 5000, async () => {
      events.push(`${name} begins`)
      await new Promise((resolve) => setTimeout(resolve, 20))
      events.push(`${name} ends`)
    })

  await Promise.all([work('a'), work('b')])

  const [first = '', second = ''] = events.filter((event) => event.endsWith('begins'))
  t.same(events, [first, first.replace('begins', 'ends'), second, second.replace('begins', 'ends')])
  t.notOk(existsSync(lock))
})

t.test('the lock of a process that is gone is taken over', async (t) => {
  const lock = join(t.testdir(), 'lock')
  writeFileSync(lock, String(spawnSync('true').pid))

  t.equal(await withLock(lock, 5000, async () => 'done'), 'done')
})

t.test('a lock that stays held is an error', async (t) => {
  const lock = join(t.testdir(), 'lock')
  writeFileSync(lock, String(process.pid))

  await t.rejects(
    withLock(lock, 50, async () => 'done'),
    { message: /still locked/ },
  )
})

t.test('work that fails gives the lock back', async (t) => {
  const lock = join(t.testdir(), 'lock')

  await t.rejects(withLock(lock, 50, () => Promise.reject(new Error('broken'))))

  t.notOk(existsSync(lock))
})
