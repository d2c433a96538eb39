import type { CloudEvent } from '#events/event.ts'

/**
 * How one attempt ended. A subscriber's 503 is a normal Tuesday, so it is a value.
 *
 * `delivered`: a success status and, if there is a reply, one that is a valid event.
 * `failed`: anything else. `retryable` follows Knative's table (data plane, "Event Acknowledgement
 * and Delivery Retry").
 */
export type Outcome =
  | {
      readonly kind: 'delivered'
      readonly status: number
      readonly durationMs: number
      readonly reply: CloudEvent | undefined
    }
  | {
      readonly kind: 'failed'
      readonly retryable: boolean
      readonly durationMs: number
      /** Absent where there was no answer, or a success status that did not hold: its body broke off, its reply is invalid. */
      readonly status?: number
      /** One sentence, without payload or credentials. */
      readonly error: string
      /** What `Retry-After` of a 429 or 503 asked for. */
      readonly retryAfterMs?: number
      /** The first 1024 bytes of the answer's body, for `knativeerrordata`. */
      readonly responseData?: Uint8Array
      /** From `Kne-<name>` response headers, names that are legal extensions only. */
      readonly responseExtensions?: Readonly<Record<string, string>>
    }
