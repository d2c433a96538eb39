import closeWithGrace from 'close-with-grace'
import type { Environment } from '#config/read-config.ts'
import { createLogger } from '#telemetry/logger.ts'
import { closeDeadlineMs } from './close-deadline.ts'
import { readStandaloneConfig } from './config.ts'
import { startStandalone } from './standalone.ts'

/**
 * Runs until a signal comes, which ends the process with 0. What cannot start is said in one
 * message on standard error, and ends it with 1.
 */
export async function runStandalone(env: Environment): Promise<void> {
  try {
    const config = readStandaloneConfig(env)
    const logger = createLogger({ level: config.LOG_LEVEL, name: 'sluice' })
    let isStarted = false
    const died = (error: unknown) => {
      if (isStarted) logger.fatal({ err: error }, 'The dispatcher has died')
      else process.stderr.write(`${describe(error)}\n`)
      process.exit(1)
    }
    const standalone = await startStandalone({ config, env, logger, died })
    isStarted = true
    process.stdout.write(standalone.banner)
    const delay = closeDeadlineMs(config.GRACE_PERIOD)
    closeWithGrace({ delay, logger: false }, async ({ err }) => {
      if (err !== undefined) logger.fatal({ err }, 'Unexpected error')
      await standalone.close()
    })
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`)
    process.exit(1)
  }
}

/** What is expected to go wrong has a message for people; a bug needs its stack. */
function describe(error: unknown): string {
  const isBug = error instanceof TypeError || error instanceof ReferenceError
  if (!(error instanceof Error)) return String(error)
  return isBug ? (error.stack ?? error.message) : error.message
}
