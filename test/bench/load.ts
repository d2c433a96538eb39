// A load generator that costs next to nothing: requests are prepared bytes, of which only the
// event's number and time are rewritten. Run by run.ts, which talks to it over IPC.
import { Bits } from './bits.ts'
import { eventRequest, type Mode, monotonicMicros } from './event-request.ts'
import { LoadConnection } from './load-connection.ts'
import { type Quantiles, Samples } from './samples.ts'

export interface LoadJob {
  /** The ingress of a Broker. */
  readonly url: string
  readonly mode: Mode
  /** Ids begin with it. */
  readonly prefix: string
  readonly connections: number
  /** Requests under way per connection; more than 1 is pipelining. */
  readonly depth: number
  /** Events per second, whether or not they are answered in time; absent: as fast as they are answered. */
  readonly rate?: number
  /** Ends after this many milliseconds, or this many events; at a rate, after all that were due by then. */
  readonly durationMs?: number
  readonly events?: number
}

export interface LoadResult {
  readonly sent: number
  /** Answers by HTTP status. */
  readonly statuses: Readonly<Record<string, number>>
  /** Requests that got no answer. */
  readonly unanswered: number
  readonly elapsedMs: number
  /** Accepted events, from when they should have been sent to their 202. */
  readonly latency: Quantiles
  /** The numbers of the events that were answered with 202. */
  readonly accepted: Uint8Array
}

export interface LoadProgress {
  readonly accepted: number
}

const ANSWER_MS = 30_000
const PROGRESS_MS = 100

/** Issues the events of one job to its connections. */
export class Load {
  readonly #job: LoadJob
  #started = monotonicMicros()
  readonly #connections: readonly LoadConnection[]
  readonly #idle: LoadConnection[] = []
  readonly #latencies = new Samples()
  readonly #accepted = new Bits()
  readonly #statuses: Record<string, number> = {}
  readonly #done = Promise.withResolvers<void>()
  #issued = 0
  #answered = 0
  #unanswered = 0
  #lastAt = this.#started
  #isOver = false

  constructor(job: LoadJob) {
    this.#job = job
    const url = new URL(job.url)
    const template = eventRequest(job.mode, url, job.prefix)
    this.#connections = Array.from(
      { length: job.connections },
      () => new LoadConnection(Number(url.port), template, job.depth, this),
    )
  }

  async run(progress: (progress: LoadProgress) => void): Promise<LoadResult> {
    await Promise.all(this.#connections.map((connection) => connection.open()))
    this.#started = monotonicMicros()
    for (const connection of this.#connections) this.free(connection)
    const tick = setInterval(() => this.#tick(), 1)
    const report = setInterval(() => progress({ accepted: this.#accepted.size }), PROGRESS_MS)
    await this.#done.promise
    clearInterval(tick)
    clearInterval(report)
    for (const connection of this.#connections) connection.close()
    return {
      sent: this.#issued,
      statuses: this.#statuses,
      unanswered: this.#unanswered,
      elapsedMs: (this.#lastAt - this.#started) / 1000,
      latency: this.#latencies.quantiles(),
      accepted: this.#accepted.toBytes(),
    }
  }

  /** A connection can take another event. */
  free(connection: LoadConnection): void {
    const room = connection.room
    const due = room === 0 ? 0 : Math.min(room, this.#due())
    if (due > 0) this.#issue(connection, due)
    else if (room > 0 && !connection.isIdle) {
      connection.isIdle = true
      this.#idle.push(connection)
    }
    if (this.#isOver) this.#endWhenAnswered()
  }

  answered(number: number, intendedAt: number, status: number): void {
    this.#answered++
    this.#lastAt = monotonicMicros()
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1
    if (status !== 202) return
    this.#accepted.add(number)
    this.#latencies.add((this.#lastAt - intendedAt) / 1000)
  }

  lost(requests: number): void {
    this.#answered += requests
    this.#unanswered += requests
  }

  #issue(connection: LoadConnection, count: number): void {
    const { rate } = this.#job
    const now = monotonicMicros()
    const first = this.#issued
    this.#issued += count
    connection.send(first, count, (number) =>
      rate === undefined ? now : Math.round(this.#started + (number * 1e6) / rate),
    )
  }

  /** How many events ought to be under way by now and are not. */
  #due(): number {
    const {
      rate,
      events = Number.POSITIVE_INFINITY,
      durationMs = Number.POSITIVE_INFINITY,
    } = this.#job
    const elapsed = monotonicMicros() - this.#started
    const last = rate === undefined ? events : Math.min(events, (rate * durationMs) / 1000)
    const inTime = rate !== undefined || elapsed < durationMs * 1000
    if (!inTime || this.#issued >= last) {
      this.#isOver = true
      return 0
    }
    const wanted = rate === undefined ? last : Math.min(last, Math.floor((elapsed * rate) / 1e6))
    return wanted - this.#issued
  }

  #tick(): void {
    for (let due = this.#due(); due > 0 && this.#idle.length > 0; due = this.#due()) {
      const connection = this.#idle.pop() as LoadConnection
      connection.isIdle = false
      this.free(connection)
    }
    if (!this.#isOver) return
    this.#endWhenAnswered()
    if (monotonicMicros() - this.#lastAt < ANSWER_MS * 1000) return
    this.#unanswered += this.#issued - this.#answered
    this.#done.resolve()
  }

  #endWhenAnswered(): void {
    if (this.#answered === this.#issued) this.#done.resolve()
  }
}

if (import.meta.main) {
  process.on('message', async (job: LoadJob) => {
    const result = await new Load(job).run((progress) => process.send?.({ progress }))
    process.send?.({ result })
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ isReady: true })
}
