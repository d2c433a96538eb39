/** What the placeholders of one case become; see ConformanceCase. */
export interface Values {
  readonly token: string
  readonly namespace: string
  readonly broker: string
  readonly url: (name: string) => string
  readonly small: (name: string) => string
  readonly tls: (name: string) => string
  readonly ca: string
  readonly closed: string
}

const PLACEHOLDER =
  /\{(token|n|namespace|broker|ca|closed|past|future|(?:url|small|tls):[a-z0-9-]+)\}/g
const HOUR_MS = 3_600_000

/** A copy of `value` in which every placeholder of every text has become what it stands for. */
export function fillIn<T>(value: T, values: Values, n: number): T {
  return walk(value, (text) =>
    text.replace(PLACEHOLDER, (_, name: string) => replacement(name, values, n)),
  ) as T
}

function walk(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value)
  if (value instanceof RegExp) return new RegExp(replace(value.source), value.flags)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map((each) => walk(each, replace))
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, walk(each, replace)] as const),
  )
}

function replacement(placeholder: string, values: Values, n: number): string {
  const [kind = '', name = ''] = placeholder.split(':')
  switch (kind) {
    case 'token':
      return values.token
    case 'namespace':
      return values.namespace
    case 'broker':
      return values.broker
    case 'n':
      return String(n)
    case 'ca':
      return values.ca
    case 'closed':
      return values.closed
    case 'past':
      return new Date(Date.now() - HOUR_MS).toISOString()
    case 'future':
      return new Date(Date.now() + HOUR_MS).toISOString()
    case 'url':
      return values.url(name)
    case 'small':
      return values.small(name)
    default:
      return values.tls(name)
  }
}
