import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'

/** Most have one authority of their own, which vouches for all destinations. */
const MAX_KNOWN = 64

/** What connections accept, by the certificates (PEM) that a destination came with. */
export class TrustedAuthorities {
  readonly #known = new Map<string, SecureContext>()

  /**
   * Accepts a server for which one of these certificates vouches, or one that Node.js trusts.
   * @throws Error when the certificates cannot be read
   */
  with(caCerts: string): SecureContext {
    const known = this.#known.get(caCerts)
    if (known !== undefined) return known
    // Some hundred certificates are read here, which takes tens of milliseconds.
    const context = createSecureContext({ ca: [...getCACertificates('default'), caCerts] })
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(caCerts, context)
    return context
  }
}
