import closeWithGrace from 'close-with-grace'
import { createLogger } from '#telemetry/logger.ts'
import { readStandaloneConfig } from './config.ts'
import { startStandalone } from './standalone.ts'

/** What closing may take beyond the grace period before the process ends all the same. */
const CLOSE_MS = 60_000

try {
  const config = readStandaloneConfig(process.env)
  const logger = createLogger({ level: config.LOG_LEVEL, name: 'sluice' })
  const standalone = await startStandalone({
    config,
    env: process.env,
    logger,
    died: (error) => {
      logger.fatal({ err: error }, 'The dispatcher has died')
      process.exit(1)
    },
  })
  process.stdout.write(standalone.banner)
  closeWithGrace({ delay: CLOSE_MS, logger: false }, async ({ err }) => {
    if (err !== undefined) logger.fatal({ err }, 'Unexpected error')
    await standalone.close()
  })
} catch (error) {
  const isBug = error instanceof TypeError || error instanceof ReferenceError
  process.stderr.write(
    `${error instanceof Error && !isBug ? error.message : String(isBug ? (error as Error).stack : error)}\n`,
  )
  process.exit(1)
}
