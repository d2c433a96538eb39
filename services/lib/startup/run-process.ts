import closeWithGrace from 'close-with-grace'
import type { Environment } from '#config/read-config.ts'
import { createLogger, type Logger } from '#telemetry/logger.ts'
import { closeDeadlineMs } from './close-deadline.ts'

/** A program that has started. */
export interface Program {
  /** What to print for the user. */
  readonly banner: string
  /** Takes nothing more, lets what is in flight end within the grace period, and saves. */
  close(): Promise<void>
}

/** What a program starts with. */
export interface StartOptions<Config> {
  readonly config: Config
  /** For OpenTelemetry's own variables. */
  readonly env: Environment
  readonly logger: Logger
  /** To be called when a part has died without which the process had better end. */
  died(error: unknown): void
}

/**
 * Starts a program. Whatever has been opened when it fails is closed again; on success,
 * `Program.close` closes it, in the opposite order.
 */
export type Start<Config> = (
  options: StartOptions<Config>,
  opened: AsyncDisposableStack,
) => Promise<Pick<Program, 'banner'>>

/** @throws what `start` throws, when everything that it had opened is closed */
export async function startProgram<Config>(
  start: Start<Config>,
  options: StartOptions<Config>,
  opened = new AsyncDisposableStack(),
): Promise<Program> {
  try {
    const { banner } = await start(options, opened)
    return { banner, close: () => opened.disposeAsync() }
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
}

/**
 * Runs a program until a signal comes, also during its start: what is open by then is closed, and
 * the process ends with 0. What cannot start is said in one message on standard error, and ends it
 * with 1.
 */
export async function runProcess<
  Config extends { readonly LOG_LEVEL: string; readonly GRACE_PERIOD: string },
>(
  env: Environment,
  { readConfig, start }: { readConfig(env: Environment): Config; readonly start: Start<Config> },
): Promise<void> {
  let isClosing = false
  try {
    const config = readConfig(env)
    const logger = createLogger({ level: config.LOG_LEVEL, name: 'sluice' })
    let isStarted = false
    const died = (error: unknown) => {
      if (isStarted) logger.fatal({ err: error }, 'A part of this process has died')
      else process.stderr.write(`${describe(error)}\n`)
      process.exit(1)
    }
    const opened = new AsyncDisposableStack()
    const delay = closeDeadlineMs(config.GRACE_PERIOD)
    closeWithGrace({ delay, logger: false }, async ({ err }) => {
      isClosing = true
      if (err !== undefined) logger.fatal({ err }, 'Unexpected error')
      try {
        await opened.disposeAsync()
      } catch (error) {
        logger.error({ err: error }, 'The process ends in disorder')
        throw error
      }
    })
    const { banner } = await startProgram(start, { config, env, logger, died }, opened)
    isStarted = true
    if (!isClosing) process.stdout.write(banner)
  } catch (error) {
    // A start whose parts are closed under it cannot go on, and nobody waits for it.
    if (isClosing) return
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
