import type { MessagePort, Worker } from 'node:worker_threads'

/** A question to another thread, and its answer. */
interface Question {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: unknown
}

/** Asks another thread, which answers by {@link answerCalls}. */
export class Calls {
  readonly #port: Worker
  readonly #open = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: unknown) => void }
  >()
  #lastId = 0
  #isGone = false

  constructor(port: Worker) {
    this.#port = port
    port.on('message', (answer: Answer) => this.#answered(answer))
    port.on('exit', () => this.#gone())
  }

  /** @throws what the other thread threw, or an Error when it is gone or takes longer than `timeoutMs`. */
  async ask(name: string, argument: unknown, timeoutMs: number): Promise<unknown> {
    if (this.#isGone) throw gone()
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const late = () => reject(new Error(`No answer to "${name}" within ${timeoutMs} ms`))
    const timer = setTimeout(late, timeoutMs)
    this.#open.set(id, { resolve, reject })
    this.#port.postMessage({ id, name, argument } satisfies Question)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#open.delete(id)
    }
  }

  #answered({ id, result, error }: Answer): void {
    const call = this.#open.get(id)
    if (error !== undefined) call?.reject(error)
    else call?.resolve(result)
  }

  #gone(): void {
    this.#isGone = true
    for (const { reject } of this.#open.values()) reject(gone())
  }
}

function gone(): Error {
  return new Error('The thread has ended')
}

/** Answers each call by the function of its name. What it throws is thrown where it was asked. */
export function answerCalls(
  port: MessagePort,
  answers: Readonly<Record<string, (argument: never) => Promise<unknown>>>,
): void {
  port.on('message', ({ id, name, argument }: Question) => {
    const answer = answers[name]
    if (answer === undefined) throw new RangeError(`No such call: ${name}`)
    answer(argument as never).then(
      (result) => port.postMessage({ id, result } satisfies Answer),
      (error: unknown) => port.postMessage({ id, error } satisfies Answer),
    )
  })
}
