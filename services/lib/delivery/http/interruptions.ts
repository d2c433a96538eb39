import type { Exchange } from './exchange.ts'

/**
 * Which exchanges an AbortSignal interrupts. One listener per signal: thousands of exchanges share
 * one, and a listener each would cost as much as a small request.
 */
export class Interruptions {
  readonly #exchanges = new WeakMap<AbortSignal, Set<Exchange>>()

  add(signal: AbortSignal, exchange: Exchange): void {
    const known = this.#exchanges.get(signal)
    if (known !== undefined) {
      known.add(exchange)
      return
    }
    const exchanges = new Set([exchange])
    this.#exchanges.set(signal, exchanges)
    signal.addEventListener(
      'abort',
      () => {
        for (const one of exchanges) one.interrupt()
      },
      { once: true },
    )
  }

  delete(signal: AbortSignal, exchange: Exchange): void {
    this.#exchanges.get(signal)?.delete(exchange)
  }
}
