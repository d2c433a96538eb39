import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { startProgram } from '#startup/run-process.ts'
import { createLogger } from '#telemetry/logger.ts'

const PROGRAM = new URL('a-program.ts', import.meta.url).pathname

/** Runs the program, ends it by SIGTERM once it runs unless it ends by itself. */
async function run(deed: string, signal?: NodeJS.Signals) {
  const child = spawn(process.execPath, [PROGRAM, deed], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
    if (signal !== undefined && /It (?:runs|starts)\n$/.test(stdout)) child.kill(signal)
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} closes what was opened, last one first, and ends with 0`, async (t) => {
    const { code, stdout, stderr } = await run('run', signal)

    t.equal(code, 0)
    t.equal(stdout, 'It runs\nclosed last\nclosed first\n')
    t.equal(stderr, '')
  })
}

for (const deed of ['wait', 'go-on']) {
  t.test(
    `SIGTERM during a start that would ${deed} closes what is open, and ends with 0`,
    async (t) => {
      const { code, stdout, stderr } = await run(deed, 'SIGTERM')

      t.equal(code, 0)
      t.equal(stdout, 'It starts\nclosed first\n')
      t.equal(stderr, '')
    },
  )
}

t.test('what cannot start is one line, without a stack, and 1', async (t) => {
  for (const [deed, message] of [
    ['bad-config', 'Cannot start: X is wrong\n'],
    ['fail', 'Cannot listen on 127.0.0.1:1\n'],
    ['die-early', 'The thread cannot start\n'],
  ] as const) {
    const { code, stdout, stderr } = await run(deed)

    t.equal(code, 1, deed)
    t.equal(stderr, message)
    t.notMatch(stdout, 'It runs')
  }
})

t.test('a bug at the start has its stack', async (t) => {
  const { code, stderr } = await run('bug')

  t.equal(code, 1)
  t.match(stderr, /x is not a function\n +at /)
})

t.test('what dies later is logged, and ends the process at once', async (t) => {
  const { code, stdout } = await run('die-late')

  t.equal(code, 1)
  t.match(stdout, /"level":"fatal".*"message":"The thread is dead"/)
})

t.test('an unexpected error is logged, and the process closed', async (t) => {
  const { code, stdout } = await run('throw-late')

  t.equal(code, 1)
  t.match(stdout, /"level":"fatal".*"message":"A bug"/)
  t.match(stdout, 'closed last\nclosed first\n')
})

t.test('what cannot be closed is said, and the rest is closed', async (t) => {
  const { code, stdout } = await run('close-badly', 'SIGTERM')

  t.equal(code, 1)
  t.match(stdout, /"level":"error".*No answer to/)
  t.match(stdout, 'closed last\nclosed first\n')
})

t.test('startProgram() closes what was opened where the start fails', async (t) => {
  const closed: string[] = []
  const failure = new Error('no')
  const logger = createLogger({ level: 'silent', name: 'test' })
  const options = { config: {}, env: {}, logger, died: () => undefined }
  const start = async (_: unknown, opened: AsyncDisposableStack) => {
    opened.defer(() => void closed.push('first'))
    opened.defer(() => void closed.push('second'))
    throw failure
  }

  await t.rejects(startProgram(start, options), failure)

  t.same(closed, ['second', 'first'])
})
