import { fail, inside, quoted } from './place.ts'
import type { Destination } from './read-destination.ts'

/** URLs of Services, by `<namespace>/<name>`, or by the name alone for every namespace. */
export type ServiceUrls = ReadonlyMap<string, string>

/**
 * The URL that a destination leads to. `namespace` is that of the resource it belongs to.
 *
 * @returns `undefined`, with a fault that says what to do, when it leads nowhere.
 */
export function resolveDestination(
  destination: Destination,
  namespace: string,
  services: ServiceUrls,
): string | undefined {
  const { place, service, uri, unresolved } = destination
  if (service === undefined) return uri === undefined ? undefined : checkUrl(uri, destination)
  const key = `${service.namespace ?? namespace}/${service.name}`
  const base = services.get(key) ?? services.get(service.name)
  if (base === undefined) {
    return fail(
      inside(place, 'ref', undefined),
      `the Service ${quoted(key)} is not known: add its URL to SERVICES_FILE under "${service.name.slice(0, 80)}", or give a "uri" instead`,
      unresolved,
    )
  }
  if (uri === undefined) return base
  const at = inside(place, 'uri', uri)
  if (URL.canParse(uri)) return fail(at, 'must be relative, as there is a "ref"', unresolved)
  const url = URL.parse(uri, base)
  if (url === null || url.origin !== new URL(base).origin || hasBlank(uri)) {
    return fail(
      at,
      `${quoted(uri)} is not relative to the Service: write a path such as /events`,
      unresolved,
    )
  }
  return url.href
}

function checkUrl(uri: string, { place, unresolved }: Destination): string | undefined {
  const message = urlFault(uri)
  return message === undefined ? uri : fail(inside(place, 'uri', uri), message, unresolved)
}

/** Why `text` is no URL to send events to; `undefined` when it is one. */
export function urlFault(text: string): string | undefined {
  const url = hasBlank(text) ? null : URL.parse(text)
  if (url === null) return `${quoted(text)} is not an absolute URL: write http://host:port/path`
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return `${quoted(text)} must begin with http:// or https://`
  }
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password'
  return undefined
}

function hasBlank(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) <= 0x20) return true
  }
  return false
}
