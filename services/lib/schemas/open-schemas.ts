import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { compileInWorker } from './compile-in-worker.ts'
import type { CompiledSchemas } from './compiled-schemas.ts'
import { createSchemaGate, type OnWarning } from './create-schema-gate.ts'
import { listSchemaFiles, type SchemaListing } from './list-schema-files.ts'
import { type LoadedSchemas, loadSchemas } from './load-schemas.ts'
import type { SchemaFault, SchemaFile } from './schema-file.ts'
import type { SchemaGate } from './schema-gate.ts'

export interface SchemasOptions {
  /** The folder of `<event type>/<version>.json`. */
  readonly schemasDir: string
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Called for each event that passed under `warn`; the first one of a type is also logged. */
  readonly onWarning?: OnWarning
  /** How often the folder is looked at, in milliseconds. */
  readonly pollMs?: number
}

/** The gate, and the life of what stands behind it. */
export interface OpenSchemas extends SchemaGate {
  /** The schemas now, to be loaded in another thread with `loadSchemas`. */
  compiled(): CompiledSchemas
  /** Calls `listener` with each new set of schemas, until the returned function is called. */
  onChange(listener: (compiled: CompiledSchemas) => void): () => void
  /** Stops watching. The gate goes on with what it has. */
  close(): Promise<void>
}

/**
 * Loads every schema of a folder and follows its changes: they are compiled in a worker thread and
 * take effect all at once. A change that is at fault is logged, and the last good state stays.
 * Schemas are the operator's own and trusted like code: neither the work that a schema asks for
 * nor its regular expressions are bounded.
 * @throws Error when the folder cannot be read, or with file, line and reason of every fault.
 */
export async function openSchemas(options: SchemasOptions): Promise<OpenSchemas> {
  const { schemasDir, logger, onWarning, pollMs = 500 } = options
  const schemas = new Schemas(schemasDir, logger)
  await schemas.open(pollMs)
  const warned = new Set<string | undefined>()
  schemas.onChange(() => warned.clear())
  const gate = createSchemaGate(
    () => schemas.loaded,
    (type, violations) => {
      onWarning?.(type, violations)
      if (warned.has(type)) return
      warned.add(type)
      logger.warn({ type, violations }, 'An event does not match its schema and passes: warn only')
    },
  )
  return {
    check: gate.check,
    compiled: () => schemas.compiled,
    onChange: (listener) => schemas.onChange(listener),
    close: () => schemas.close(),
  }
}

class Schemas {
  compiled: CompiledSchemas = { schemas: [], sources: [] }
  loaded: LoadedSchemas = { byId: new Map(), newest: new Map() }
  readonly #schemasDir: string
  readonly #logger: SchemasOptions['logger']
  readonly #listeners = new Set<(compiled: CompiledSchemas) => void>()
  readonly #stop = new AbortController()
  #watching: Promise<void> = Promise.resolve()

  constructor(schemasDir: string, logger: SchemasOptions['logger']) {
    this.#schemasDir = schemasDir
    this.#logger = logger
  }

  async open(pollMs: number): Promise<void> {
    let listing: SchemaListing
    try {
      listing = listSchemaFiles(this.#schemasDir)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`Cannot read the schemas folder: ${reason}`, { cause: error })
    }
    const faults = await this.#compile(await this.#read(listing), listing.faults)
    if (faults.length > 0) throw new Error(faultText(this.#schemasDir, faults))
    this.#watching = this.#watch(pollMs, listing.fingerprint)
  }

  onChange(listener: (compiled: CompiledSchemas) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#watching
  }

  async #read({ files }: SchemaListing): Promise<SchemaFile[]> {
    const read: SchemaFile[] = []
    for (const file of files) {
      read.push({ ...file, text: await readFile(join(this.#schemasDir, file.file), 'utf8') })
    }
    return read
  }

  /** Compiles and takes over all files, or leaves everything as it was and says what is wrong. */
  async #compile(
    files: readonly SchemaFile[],
    misplaced: readonly SchemaFault[],
  ): Promise<readonly SchemaFault[]> {
    const result = await compileInWorker(files, this.#stop.signal)
    if (!('sources' in result)) return [...misplaced, ...result]
    if (misplaced.length > 0) return misplaced
    this.loaded = loadSchemas(result)
    this.compiled = result
    for (const listener of this.#listeners) listener(result)
    return []
  }

  async #watch(pollMs: number, fingerprint: string): Promise<void> {
    const { signal } = this.#stop
    let loaded = fingerprint
    let seen = fingerprint
    let isReadable = true
    let waitMs = pollMs
    while (!signal.aborted) {
      await delay(waitMs, undefined, { ref: false, signal }).catch(() => {})
      if (signal.aborted) return
      try {
        const listing = listSchemaFiles(this.#schemasDir)
        isReadable = true
        // Whoever writes several files is given the time to finish.
        const isSettled = listing.fingerprint === seen
        waitMs = isSettled ? pollMs : pollMs / 5
        seen = listing.fingerprint
        if (!isSettled || seen === loaded) continue
        loaded = seen
        this.#report(await this.#compile(await this.#read(listing), listing.faults))
      } catch (error) {
        if (signal.aborted) return
        if (isReadable) this.#logger.error({ err: error }, 'Cannot read the schemas; the last stay')
        isReadable = false
      }
    }
  }

  #report(faults: readonly SchemaFault[]): void {
    const { schemas } = this.compiled
    if (faults.length === 0) this.#logger.info({ schemas: schemas.length }, 'Schemas loaded')
    else this.#logger.error({ faults }, 'A change of the schemas is at fault; the last good stay')
  }
}

function faultText(schemasDir: string, faults: readonly SchemaFault[]): string {
  const lines = faults.map(({ file, line, reason }) => `${schemasDir}/${file}:${line}: ${reason}`)
  return `Cannot load the schemas:\n${lines.join('\n')}`
}
