import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { Calls } from '../../services/standalone/calls.ts'

const THREAD = `
import { parentPort } from 'node:worker_threads'
import { answerCalls } from ${JSON.stringify(new URL('../../services/standalone/calls.ts', import.meta.url).href)}
answerCalls(parentPort, {
  double: async (n) => n * 2,
  refuse: async () => { throw new RangeError('Cannot do this') },
  never: () => new Promise(() => {}),
  exit: async () => process.exit(0),
})
`

function startThread(t: Test): Calls {
  const url = new URL(`data:text/javascript,${encodeURIComponent(THREAD)}`)
  const worker = new Worker(url, { execArgv: [] })
  t.teardown(() => worker.terminate())
  return new Calls(worker)
}

t.test('Calls.ask() resolves with what the other thread answers, each its own', async (t) => {
  const calls = startThread(t)
  const answers = await Promise.all([1, 2, 3].map((n) => calls.ask('double', n, 5000)))
  t.same(answers, [2, 4, 6])
})

t.test('Calls.ask() throws what the other thread throws', async (t) => {
  await t.rejects(startThread(t).ask('refuse', undefined, 5000), { message: 'Cannot do this' })
})

t.test('Calls.ask() gives up when there is no answer in time', async (t) => {
  await t.rejects(startThread(t).ask('never', undefined, 20), { message: /within 20 ms/ })
})

t.test(
  'Calls.ask() throws when the other thread ends, and at once when it has ended',
  async (t) => {
    const calls = startThread(t)
    await t.rejects(calls.ask('exit', undefined, 5000), { message: /has ended/ })
    await t.rejects(calls.ask('double', 1, 5000), { message: /has ended/ })
  },
)
