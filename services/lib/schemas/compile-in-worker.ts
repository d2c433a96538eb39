import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { CompiledSchemas } from './compiled-schemas.ts'
import type { SchemaFault, SchemaFile } from './schema-file.ts'

/** How long a compilation may take before it is given up. */
const TIMEOUT_MS = 30_000

/**
 * `compileSchemas` in a worker thread that lives as long as it takes.
 * @throws what stopped the thread, or the signal's reason.
 */
export async function compileInWorker(
  files: readonly SchemaFile[],
  signal: AbortSignal,
): Promise<CompiledSchemas | SchemaFault[]> {
  if (files.length === 0) return { schemas: [], sources: [] }
  const worker = new Worker(new URL('./compile-worker.ts', import.meta.url), {
    workerData: files,
    // What the process was told to load first, an instrumentation say, is not needed here.
    execArgv: [],
  })
  try {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
    const [result] = await once(worker, 'message', { signal: deadline })
    return result
  } finally {
    await worker.terminate()
  }
}
