/** Which methods each address takes, learned from the routes, for `Allow` (RFC 9110, section 10.2.1). */
export class ServedPaths {
  readonly #methods = new Map<string, Set<string>>()

  /** Adds a route. A segment that begins with `:` stands for any one; a wildcard is not an address. */
  add(method: string | readonly string[], pattern: string): void {
    if (pattern.includes('*')) return
    const methods = this.#methods.get(pattern) ?? new Set()
    for (const each of typeof method === 'string' ? [method] : method) methods.add(each)
    this.#methods.set(pattern, methods)
  }

  /** The methods that `path` takes, separated by commas; `undefined` where it is no address. */
  allow(path: string): string | undefined {
    for (const [pattern, methods] of this.#methods) {
      if (matches(pattern, path)) return [...methods].sort().join(', ')
    }
    return undefined
  }
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return false
  return wanted.every((segment, i) =>
    segment.startsWith(':') ? given[i] !== '' : segment === given[i],
  )
}
