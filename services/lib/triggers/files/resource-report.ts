import type { Resources } from '../resources/read-resources.ts'
import type { Readiness } from '../trigger.ts'

/** What is needed of a logger. */
export interface ReportLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Says what is wrong with the files and what is in them: each thing once, until it is over. */
export class ResourceReport {
  readonly #logger: ReportLogger | undefined
  #told: ReadonlySet<string> = new Set()

  constructor(logger: ReportLogger | undefined) {
    this.#logger = logger
  }

  /** `resources` is `undefined` when nothing could be read; what was told of them stands. */
  tell(faults: readonly string[], resources: Resources | undefined): void {
    const told = new Set(resources === undefined ? this.#told : [])
    const tell = (level: 'info' | 'warn', fields: Record<string, string>, message: string) => {
      const line = `${message} ${Object.values(fields).join(' ')}`
      if (!this.#told.has(line) && !told.has(line)) this.#logger?.[level](fields, message)
      told.add(line)
    }
    for (const fault of faults) tell('warn', { fault }, 'A file cannot be used as it is')
    for (const fault of resources?.faults ?? [])
      tell('warn', { fault }, 'A document cannot be used')
    for (const ignored of resources?.ignored ?? [])
      tell('info', { ignored }, 'A document is ignored')
    const { brokers, triggers } = resources?.snapshot ?? { brokers: [], triggers: [] }
    for (const { key, readiness } of brokers) {
      if (!readiness.ready)
        tell('warn', { broker: key, ...why(readiness) }, 'A Broker is not Ready')
    }
    for (const { key, readiness } of triggers) {
      if (!readiness.ready) {
        tell('warn', { trigger: key, ...why(readiness) }, 'A Trigger is not Ready')
      }
    }
    this.#told = told
  }

  /** A look at the files ended in a way that nobody thought of; the state stays as it was. */
  broke(error: unknown): void {
    this.#logger?.error({ err: error }, 'Looking at the Brokers and Triggers failed')
  }
}

function why(readiness: Readiness & { readonly ready: false }): Record<string, string> {
  return { reason: readiness.reason, why: readiness.message }
}
