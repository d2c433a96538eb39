import { DepartureList, type Place } from './departure-list.ts'
import type { Exchange } from './exchange.ts'

/**
 * Which exchanges an AbortSignal interrupts. One listener per signal: thousands of exchanges share
 * one, and a listener each would cost as much as a small request.
 */
export class Interruptions {
  readonly #exchanges = new WeakMap<AbortSignal, DepartureList<Exchange>>()

  /** Until it leaves, `exchange` is interrupted when `signal` aborts. */
  add(signal: AbortSignal, exchange: Exchange): Place<Exchange> {
    const known = this.#exchanges.get(signal)
    if (known !== undefined) return known.add(exchange)
    const exchanges = new DepartureList<Exchange>()
    this.#exchanges.set(signal, exchanges)
    const interrupt = () => {
      for (const one of exchanges.takeAll()) one.interrupt()
    }
    signal.addEventListener('abort', interrupt, { once: true })
    return exchanges.add(exchange)
  }
}
