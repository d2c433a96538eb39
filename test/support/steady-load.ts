import { Agent, request } from 'undici'

export interface SteadyLoadOptions {
  /** Where to post; asked for each event where it is a function. */
  readonly url: string | (() => string)
  readonly perSecond: number
  /** What to post as the `n`th event: its attributes, `specversion` and `source` aside, and its data. */
  readonly event: (n: number) => {
    readonly attributes: Readonly<Record<string, string>> & { readonly id: string }
    readonly data: string
  }
  /** No more than this many wait for an answer; what is due meanwhile is left out. */
  readonly maxWaiting?: number
  /** With fewer than `maxWaiting`, requests wait for each other too; 64 unless told otherwise. */
  readonly connections?: number
  /** Told about each event when it is known what became of it. */
  readonly answered?: (answer: Answer) => void
}

/** What became of one event that was posted. Times are of `performance.now()`. */
export interface Answer {
  readonly id: string
  readonly sentAt: number
  readonly endedAt: number
  /** Undefined when the request ended without an answer. */
  readonly status: number | undefined
  readonly retryAfter: string | undefined
  /** Why there was no answer. */
  readonly error: string | undefined
}

/** A refusal as it came. */
export interface Refusal {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
}

const TICK_MS = 10
/** What takes longer counts as broken. */
const ANSWER_MS = 10_000

/** Posts events at a rate, whatever the answers, and remembers what became of each. */
export class SteadyLoad {
  /** Ids of the events that were answered 202. */
  readonly acknowledged = new Set<string>()
  /** How many answers there were by status, other than 202. */
  readonly refused = new Map<number, number>()
  /** The last refusal. */
  refusal: Refusal | undefined
  /** Requests that ended without an answer. */
  broken = 0
  readonly #options: SteadyLoadOptions
  readonly #agent: Agent
  readonly #timer: NodeJS.Timeout
  readonly #waiting = new Set<Promise<void>>()
  readonly #since = performance.now()
  #due = 0
  #next = 0

  /** Begins at once. */
  constructor(options: SteadyLoadOptions) {
    this.#options = options
    this.#agent = new Agent({
      connections: options.connections ?? 64,
      pipelining: 1,
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
    })
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** How many were posted so far. */
  get posted(): number {
    return this.#next
  }

  /** Posts no more. Resolves when all that was posted is answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#waiting)
    await this.#agent.destroy()
  }

  /** Resolves when `holds`, or throws after `deadlineMs`. */
  async until(
    what: string,
    holds: () => boolean | Promise<boolean>,
    deadlineMs = 30_000,
  ): Promise<void> {
    const end = performance.now() + deadlineMs
    while (!(await holds())) {
      if (performance.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  #tick(): void {
    const { perSecond, maxWaiting = 256 } = this.#options
    const due = Math.floor(((performance.now() - this.#since) / 1000) * perSecond)
    for (; this.#due < due; this.#due++) {
      if (this.#waiting.size >= maxWaiting) continue
      const posted: Promise<void> = this.#post(this.#next++).finally(() =>
        this.#waiting.delete(posted),
      )
      this.#waiting.add(posted)
    }
  }

  async #post(n: number): Promise<void> {
    const { event, answered } = this.#options
    const { attributes, data } = event(n)
    const sentAt = performance.now()
    const answer = await this.#request(attributes, data)
    answered?.({ id: attributes.id, sentAt, endedAt: performance.now(), ...answer })
  }

  async #request(
    attributes: Readonly<Record<string, string>> & { readonly id: string },
    data: string,
  ): Promise<Pick<Answer, 'status' | 'retryAfter' | 'error'>> {
    const { url } = this.#options
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-source': '/load',
    }
    for (const [name, value] of Object.entries(attributes)) headers[`ce-${name}`] = value
    try {
      const answer = await request(typeof url === 'string' ? url : url(), {
        method: 'POST',
        headers,
        body: data,
        dispatcher: this.#agent,
      })
      const body = await answer.body.text()
      const status = answer.statusCode
      const retryAfter = answer.headers['retry-after']?.toString()
      if (status === 202) {
        this.acknowledged.add(attributes.id)
      } else {
        this.refused.set(status, (this.refused.get(status) ?? 0) + 1)
        this.refusal = { status, retryAfter, body }
      }
      return { status, retryAfter, error: undefined }
    } catch (error) {
      this.broken++
      return { status: undefined, retryAfter: undefined, error: String(error) }
    }
  }
}
