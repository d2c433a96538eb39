import type { GroupConnection } from '#kafka/kafka-cluster.ts'
import { KafkaError } from '#kafka/kafka-error.ts'

/** A process's way to its coordinator, which a test can break. */
export class BreakableConnection implements GroupConnection {
  /** Requests in the order in which they were made. */
  readonly requests: string[] = []
  /** What the next requests of that name fail with, once each. */
  readonly failures: { readonly request: string; readonly code: string }[] = []
  isClosed = false
  readonly #inner: GroupConnection
  readonly #latency: () => Promise<void>
  #stopped: PromiseWithResolvers<void> | undefined
  #cut: PromiseWithResolvers<never> | undefined
  #pending = Promise.withResolvers<never>()

  constructor(inner: GroupConnection, latency: () => Promise<void> = async () => {}) {
    this.#inner = inner
    this.#latency = latency
    this.#pending.promise.catch(() => undefined)
  }

  join(options: Parameters<GroupConnection['join']>[0]) {
    return this.#use('join', () => this.#inner.join(options))
  }

  sync(options: Parameters<GroupConnection['sync']>[0]) {
    return this.#use('sync', () => this.#inner.sync(options))
  }

  heartbeat(options: Parameters<GroupConnection['heartbeat']>[0]) {
    return this.#use('heartbeat', () => this.#inner.heartbeat(options))
  }

  leave(memberId: string) {
    return this.#use('leave', () => this.#inner.leave(memberId))
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.cut()
    await this.#inner.close()
  }

  /** From now on nothing passes: what is under way fails, and so does what comes. */
  cut(): void {
    this.#cut ??= this.#pending
    this.#cut.reject(new KafkaError('CONNECTION', 'cut'))
  }

  mend(): void {
    this.#cut = undefined
    this.#pending = Promise.withResolvers<never>()
    this.#pending.promise.catch(() => undefined)
  }

  /** As SIGSTOP: requests are not sent and answers not seen, until it goes on. */
  stop(): void {
    this.#stopped ??= Promise.withResolvers<void>()
  }

  goOn(): void {
    this.#stopped?.resolve()
    this.#stopped = undefined
  }

  async #use<T>(request: string, ask: () => Promise<T>): Promise<T> {
    await this.#stopped?.promise
    this.requests.push(request)
    const at = this.failures.findIndex((failure) => failure.request === request)
    const [failure] = at < 0 ? [] : this.failures.splice(at, 1)
    if (failure !== undefined) throw new KafkaError(failure.code, `${request}: as told`)
    if (this.#cut !== undefined) throw new KafkaError('CONNECTION', 'cut')
    await this.#latency()
    // What was on its way when the connection was cut may have arrived, or not.
    const answer = ask()
    answer.catch(() => undefined)
    try {
      return await Promise.race([answer, this.#pending.promise])
    } finally {
      await Promise.race([this.#latency(), this.#pending.promise])
      await this.#stopped?.promise
    }
  }
}
