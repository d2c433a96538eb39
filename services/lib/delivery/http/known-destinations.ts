import { type Destination, parseDestination } from './parse-destination.ts'

const MAX_KNOWN = 1024

/** Destinations that have been read before: there are few of them, and many requests to each. */
export class KnownDestinations {
  /** By the certificates, and then by the URL. */
  readonly #known = new Map<string | undefined, Map<string, Destination>>()
  #size = 0

  /** See {@link parseDestination}. */
  find(url: string, caCerts: string | undefined): Destination | undefined {
    return this.#known.get(caCerts)?.get(url) ?? this.#read(url, caCerts)
  }

  #read(url: string, caCerts: string | undefined): Destination | undefined {
    const destination = parseDestination(url, caCerts)
    if (destination === undefined) return undefined
    if (this.#size >= MAX_KNOWN) {
      this.#known.clear()
      this.#size = 0
    }
    const known = this.#known.get(caCerts) ?? new Map<string, Destination>()
    this.#known.set(caCerts, known.set(url, destination))
    this.#size += 1
    return destination
  }
}
