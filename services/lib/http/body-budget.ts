import { Problem } from '#problems/problem.ts'

/** Bounds the bytes of the large bodies that are being received at one time, over all connections. */
export class BodyBudget {
  /** Bodies up to this many bytes are not counted: so many connections can hold that much. */
  static readonly uncountedBytes = 16 * 1024
  readonly #bytes: number
  #taken = 0

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  /** How many bytes are taken now. */
  get taken(): number {
    return this.#taken
  }

  /** @throws Problem `over-capacity` where there is no room for so many bytes more. */
  take(bytes: number): void {
    if (this.#taken + bytes > this.#bytes) {
      throw new Problem(
        'over-capacity',
        'Cannot read the request: too many large requests are being received; send it again later',
        { retryAfterSeconds: 1 },
      )
    }
    this.#taken += bytes
  }

  /** Gives back what was taken. */
  give(bytes: number): void {
    this.#taken -= bytes
  }
}
