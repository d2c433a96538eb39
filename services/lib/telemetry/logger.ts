import { createRequire } from 'node:module'
import { isatty } from 'node:tty'
import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger }

export interface LoggerOptions {
  /** The least important level that is written: `fatal` to `trace`, or `silent`. */
  readonly level: string
  /** What writes these lines, such as `gateway`. */
  readonly name: string
  /** Where they go; the process' standard output when absent. */
  readonly destination?: DestinationStream
}

const STDOUT = 1
const SECRETS = ['authorization', 'cookie', 'ADMIN_TOKEN']

/**
 * A logger that writes one JSON object per line; on a terminal, lines for people. Credentials that
 * stand in a line's fields, or in the headers of `req` or `res`, are replaced. Several threads may
 * each have one: they write to the same file descriptor, a whole line at a time.
 */
export function createLogger({ level, name, destination }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRETS.flatMap((key) => [key, `*.${key}`, `*.headers.${key}`]),
        censor: '[redacted]',
      },
    },
    destination ??
      (isatty(STDOUT) ? prettyOutput() : pino.destination({ dest: STDOUT, sync: true })),
  )
}

/** Loaded only where somebody reads it: it takes longer to load than the rest of a logger. */
function prettyOutput(): DestinationStream {
  const pretty: typeof import('pino-pretty') = createRequire(import.meta.url)('pino-pretty')
  return pretty({ destination: STDOUT, sync: true, translateTime: 'HH:MM:ss.l' })
}
