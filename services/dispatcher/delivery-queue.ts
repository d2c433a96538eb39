import { Fifo } from './fifo.ts'
import type { OpenDelivery } from './open-delivery.ts'

/**
 * Which of a Trigger's open deliveries may start next: the oldest first, but those whose back-off
 * is over before all others, and one at a time where they share a key.
 */
export class DeliveryQueue {
  readonly #fresh = new Fifo<OpenDelivery>()
  readonly #again = new Fifo<OpenDelivery>()
  /** For every key with a delivery that has not ended: those that wait for it, oldest first. */
  readonly #behind = new Map<string, OpenDelivery[]>()

  get hasNext(): boolean {
    return this.#again.size > 0 || this.#fresh.size > 0
  }

  /** A new delivery. With a key that is busy, it waits until the ones before it have ended. */
  add(delivery: OpenDelivery): void {
    if (this.#mustWait(delivery)) return
    this.#fresh.push(delivery)
  }

  /** A delivery that begins with a back-off: it holds its key, and comes to the queue by `again`. */
  reserve(delivery: OpenDelivery): boolean {
    return !this.#mustWait(delivery)
  }

  /** A delivery whose back-off is over. It still holds its key. */
  again(delivery: OpenDelivery): void {
    this.#again.push(delivery)
  }

  take(): OpenDelivery | undefined {
    return this.#again.shift() ?? this.#fresh.shift()
  }

  /** Lets the next one of the same key go. */
  ended(delivery: OpenDelivery): void {
    if (delivery.key === undefined) return
    const behind = this.#behind.get(delivery.key)
    const next = behind?.shift()
    if (next === undefined) this.#behind.delete(delivery.key)
    else this.#fresh.push(next)
  }

  #mustWait(delivery: OpenDelivery): boolean {
    if (delivery.key === undefined) return false
    const behind = this.#behind.get(delivery.key)
    if (behind === undefined) {
      this.#behind.set(delivery.key, [])
      return false
    }
    behind.push(delivery)
    return true
  }
}
