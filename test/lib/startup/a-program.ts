import { runProcess } from '#startup/run-process.ts'

// A program that a test runs: what it does is in its argument.

const deed = process.argv[2]

await runProcess(process.env, {
  readConfig: (env) => {
    if (deed === 'bad-config') throw new Error('Cannot start: X is wrong')
    return { LOG_LEVEL: env['LOG_LEVEL'] ?? 'info', GRACE_PERIOD: 'PT0.1S' }
  },
  start: async ({ died, logger }, opened) => {
    opened.defer(() => void process.stdout.write('closed first\n'))
    if (deed === 'fail') throw new Error('Cannot listen on 127.0.0.1:1')
    if (deed === 'bug') throw new TypeError('x is not a function')
    if (deed === 'wait') {
      process.stdout.write('It starts\n')
      await new Promise((resolve) => setTimeout(resolve, 60_000))
    }
    if (deed === 'go-on') {
      process.stdout.write('It starts\n')
      await new Promise((resolve) => process.once('SIGTERM', () => setImmediate(resolve)))
    }
    if (deed === 'die-early') died(new Error('The thread cannot start'))
    opened.defer(() => void process.stdout.write('closed last\n'))
    if (deed === 'close-badly') {
      opened.defer(() => {
        throw new Error('No answer to "close"')
      })
    }
    if (deed === 'die-late') setTimeout(() => died(new Error('The thread is dead')), 10)
    if (deed === 'throw-late') {
      setTimeout(() => {
        throw new Error('A bug')
      }, 10)
    }
    logger.debug('Started')
    setInterval(() => undefined, 1000)
    return { banner: 'It runs\n' }
  },
})
