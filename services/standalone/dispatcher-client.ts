import { Worker } from 'node:worker_threads'
import type { CompiledSchemas } from '#schemas/compiled-schemas.ts'
import type { SnapshotTaker } from '#startup/snapshot-feed.ts'
import type { MetricsPart } from '#telemetry/metrics.ts'
import type { Snapshot } from '#triggers/trigger.ts'
import type { TriggerStatus } from '#triggers/trigger-status.ts'
import { Calls } from './calls.ts'
import type { DispatcherThreadData } from './dispatcher-thread.ts'

const APPLY_MS = 60_000
const ASK_MS = 5_000
const FAULT_EVERY_MS = 1_000
/** What closing takes beyond the grace period: some seven seconds where Kafka does not answer. */
const CLOSE_MS = 20_000

/** The dispatcher, in a thread of its own so that deliveries and the ingress share two cores. */
export class DispatcherClient implements SnapshotTaker {
  readonly #worker: Worker
  readonly #calls: Calls
  readonly #graceMs: number
  readonly #watch: NodeJS.Timeout
  #fault: string | undefined

  /** `died` is called when the thread ends by itself: nothing is delivered from then on. */
  constructor(data: DispatcherThreadData, died: (error: unknown) => void) {
    this.#graceMs = data.graceMs
    this.#worker = new Worker(new URL('./dispatcher-thread.ts', import.meta.url), {
      workerData: data,
      transferList: data.storage.profile === 'embedded' ? [data.storage.log] : [],
      name: 'dispatcher',
    })
    this.#worker.on('error', died)
    this.#calls = new Calls(this.#worker)
    this.#watch = setInterval(() => this.#lookForFault(), FAULT_EVERY_MS).unref()
  }

  /** Replies are checked against these from now on. */
  async schemas(compiled: CompiledSchemas): Promise<void> {
    await this.#calls.ask('schemas', compiled, ASK_MS)
  }

  /** See `Dispatcher.apply`. */
  async apply(snapshot: Snapshot): Promise<void> {
    this.#fault = (await this.#calls.ask('apply', snapshot, APPLY_MS)) as string | undefined
  }

  async statuses(): Promise<readonly TriggerStatus[]> {
    return (await this.#calls.ask('statuses', undefined, ASK_MS)) as readonly TriggerStatus[]
  }

  /** What the dispatcher cannot read or write, as of the last second and the last `apply`. */
  get fault(): string | undefined {
    return this.#fault
  }

  async metrics(): Promise<MetricsPart> {
    return (await this.#calls.ask('metrics', undefined, ASK_MS)) as MetricsPart
  }

  /** Resolves when all that was in flight has ended and the cursors are saved. */
  async close(): Promise<void> {
    clearInterval(this.#watch)
    try {
      await this.#calls.ask('close', undefined, this.#graceMs + CLOSE_MS)
    } finally {
      await this.#worker.terminate()
    }
  }

  #lookForFault(): void {
    this.#calls.ask('fault', undefined, ASK_MS).then(
      (fault) => {
        this.#fault = fault as string | undefined
      },
      (error: unknown) => {
        this.#fault = `The dispatcher does not answer: ${error}`
      },
    )
  }
}
