import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { createLogger } from '#telemetry/logger.ts'

function capture(level = 'info') {
  const lines: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  return { lines, logger: createLogger({ level, name: 'gateway', destination }) }
}

t.test('createLogger() writes a line of JSON with level, time and name', (t) => {
  const { lines, logger } = capture()

  logger.child({ trigger: 'default/a' }).info({ attempt: 2 }, 'Delivery attempted')

  const { time, ...rest } = lines[0] ?? {}
  t.same(rest, {
    level: 'info',
    name: 'gateway',
    trigger: 'default/a',
    attempt: 2,
    msg: 'Delivery attempted',
  })
  t.match(time, /^\d{4}-\d\d-\d\dT/)
  t.end()
})

t.test('createLogger() leaves out what is less important than its level', (t) => {
  const { lines, logger } = capture('warn')

  logger.info('No')
  logger.error({ err: new Error('full disk', { cause: new Error('ENOSPC') }) }, 'Yes')

  t.equal(lines.length, 1)
  t.match(lines[0], { msg: 'Yes', err: { message: /full disk/, stack: /ENOSPC/ } })
  t.end()
})

t.test('createLogger() writes no credentials', (t) => {
  const { lines, logger } = capture()
  const headers = { authorization: 'Bearer hunter2', cookie: 'hunter2', host: 'a' }

  logger.info({ req: { headers }, config: { ADMIN_TOKEN: 'hunter2' }, ...headers }, 'Headers')
  logger.info({ headers }, 'Headers')

  t.notMatch(JSON.stringify(lines), 'hunter2')
  t.match(lines[0], { req: { headers: { authorization: '[redacted]', host: 'a' } } })
  t.end()
})

t.test('two threads write whole lines of JSON to the standard output', async (t) => {
  const script = fileURLToPath(new URL('log-from-two-threads.ts', import.meta.url))

  const { stdout } = await promisify(execFile)(process.execPath, [script])

  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string })
  t.equal(lines.filter(({ name }) => name === 'main').length, 200)
  t.equal(lines.filter(({ name }) => name === 'thread').length, 200)
})
