import { countMissing } from './bits.ts'
import { Child } from './child.ts'
import type { LoadJob, LoadProgress, LoadResult } from './load.ts'
import type { Target } from './product.ts'
import type { SinkRequest, SinkStats } from './sink.ts'

/** What one run of load has shown. */
export interface Measurement {
  readonly load: LoadResult
  readonly sink: SinkStats
  /** Accepted events per second. */
  readonly rate: number
  /** Accepted events per second until the last one was delivered. */
  readonly drainedRate: number
  /** How long the subscriber was behind the last answer, in milliseconds. */
  readonly behindMs: number
  /** Of what is measured, from the first request to the last answer and delivery, per accepted event. */
  readonly cpuMicros: number
  /** Which threads, or processes, spent it, the busiest first. */
  readonly parts: readonly (readonly [name: string, micros: number])[]
  /** Accepted events that never reached the subscriber. */
  readonly missing: number
  readonly duplicates: number
  readonly memoryPeak: number
}

export interface LoadOptions extends Omit<LoadJob, 'url' | 'prefix'> {
  /** Whether accepted events arrive at the subscriber. */
  readonly isDelivered: boolean
  /** How long the subscriber takes for its answer. */
  readonly delayMs?: number
  /** Called ten times a second. */
  readonly watch?: (progress: LoadProgress) => void
}

const DRAIN_MS = 180_000
const POLL_MS = 20

/** The processes that stay for the whole run, and what is done with them. */
export class Bench {
  readonly #load: Child
  readonly #sink: Child
  readonly subscriber: string
  #jobs = 0

  private constructor(load: Child, sink: Child, port: number) {
    this.#load = load
    this.#sink = sink
    this.subscriber = `http://127.0.0.1:${port}/`
  }

  static async open(): Promise<Bench> {
    const load = Child.fork('load.ts')
    const ready = load.answer((message) => message)
    const sink = Child.fork('sink.ts')
    const port = await sink.answer((message) => (message as { port?: number }).port)
    await ready
    return new Bench(load, sink, port)
  }

  async measure(target: Target, options: LoadOptions): Promise<Measurement> {
    const { isDelivered, delayMs = 0, watch = () => undefined, ...job } = options
    const prefix = `bench-${String(++this.#jobs).padStart(4, '0')}-`
    await this.#askSink<SinkStats>({ kind: 'reset', prefix, delayMs })
    const cpuBefore = target.measured.cpuMicros
    const partsBefore = target.measured.cpuByPart()
    this.#load.send({ ...job, url: target.url, prefix } satisfies LoadJob)
    const load = await this.#load.answer((message) => {
      const { progress, result } = message as { progress?: LoadProgress; result?: LoadResult }
      if (progress !== undefined) watch(progress)
      return result
    })
    const answeredAt = performance.now()
    const accepted = load.statuses[202] ?? 0
    const drained = isDelivered ? await this.#untilReceived(accepted, watch) : true
    const behindMs = isDelivered && drained ? performance.now() - answeredAt : 0
    const cpu = target.measured.cpuMicros - cpuBefore
    const parts = [...target.measured.cpuByPart()].map(
      ([name, after]) => [name, (after - (partsBefore.get(name) ?? 0)) / accepted] as const,
    )
    const sink = await this.#askSink<SinkStats>({ kind: 'stats' })
    return {
      parts: parts.toSorted(([, a], [, b]) => b - a),
      load,
      sink,
      rate: (accepted / load.elapsedMs) * 1000,
      drainedRate: (accepted / (load.elapsedMs + behindMs)) * 1000,
      behindMs: drained ? behindMs : Number.POSITIVE_INFINITY,
      cpuMicros: cpu / accepted,
      missing: isDelivered ? countMissing(load.accepted, sink.received) : 0,
      duplicates: sink.requests - sink.events,
      memoryPeak: target.measured.memory.peak,
    }
  }

  /** Counts from now on the events of the last `measure`, without counting again what came before. */
  async untilDelivered(events: number): Promise<SinkStats> {
    if (!(await this.#untilReceived(events, () => undefined))) {
      throw new Error(`Not all of ${events} events were delivered`)
    }
    return this.#askSink<SinkStats>({ kind: 'stats' })
  }

  async close(): Promise<void> {
    await Promise.all([this.#load.stop(), this.#sink.stop()])
  }

  /** False where nothing has come for long. */
  async #untilReceived(events: number, watch: (progress: LoadProgress) => void): Promise<boolean> {
    let last = 0
    let changedAt = performance.now()
    for (;;) {
      const count = await this.#askSink<number>({ kind: 'count' })
      if (count >= events) return true
      if (count !== last) changedAt = performance.now()
      if (performance.now() - changedAt > DRAIN_MS / 6) return false
      last = count
      watch({ accepted: events })
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  async #askSink<T extends object | number>(request: SinkRequest): Promise<T> {
    const answer = this.#sink.answer((message) => message as T)
    this.#sink.send(request)
    return answer
  }
}
