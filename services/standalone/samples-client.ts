import { Worker } from 'node:worker_threads'
import { Calls } from './calls.ts'
import type { SamplesThreadData } from './samples-thread.ts'

const START_MS = 30_000
const CLOSE_MS = 2_000

/** The sample services, in a thread of their own. */
export class SamplesClient {
  readonly #worker: Worker
  readonly #calls: Calls

  /** `died` is called when the thread ends by an error that nobody asked about. */
  constructor(data: SamplesThreadData, died: (error: unknown) => void) {
    this.#worker = new Worker(new URL('./samples-thread.ts', import.meta.url), {
      workerData: data,
      name: 'samples',
    })
    this.#worker.on('error', died)
    this.#calls = new Calls(this.#worker)
  }

  /** @throws Error when one of them cannot listen */
  async started(): Promise<void> {
    await this.#calls.ask('started', undefined, START_MS)
  }

  /** Never rejects: the samples keep nothing, so what they could not start or close is cut off. */
  async close(): Promise<void> {
    await this.#calls.ask('close', undefined, CLOSE_MS).catch(() => undefined)
    await this.#worker.terminate()
  }
}
