import type { IncomingMessage } from 'node:http'
import { Problem } from '#problems/problem.ts'

/** Bodies up to this many bytes are not counted: so many connections can hold that much. */
const SMALL_BYTES = 16 * 1024

/** Bounds the bytes of the bodies that are being received at one time, over all connections. */
export class BodyBudget {
  readonly #bytes: number
  #taken = 0

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  /**
   * Takes room for `bytes` more of a body of which `received` have arrived, and gives it back when
   * the request ends. Small bodies need none.
   *
   * @throws Problem `over-capacity` where there is no room.
   */
  take(request: IncomingMessage, bytes: number, received: number): void {
    if (received + bytes <= SMALL_BYTES) return
    if (this.#taken + bytes > this.#bytes) {
      throw new Problem(
        'over-capacity',
        'Cannot read the request: too many large requests are being received; send it again later',
        { retryAfterSeconds: 1 },
      )
    }
    this.#taken += bytes
    request.once('close', () => {
      this.#taken -= bytes
    })
  }
}
