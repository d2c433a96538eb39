/**
 * The path of a request target as it was sent: without query and fragment, without scheme and
 * authority where it is in absolute form (RFC 9112, section 3.2.2). Nothing is decoded.
 */
export function requestPath(target: string): string {
  const start = target.charCodeAt(0) === 0x2f ? 0 : pathStart(target)
  for (let i = start; i < target.length; i++) {
    const unit = target.charCodeAt(i)
    if (unit === 0x3f || unit === 0x23) return target.slice(start, i)
  }
  return start === 0 ? target : target.slice(start)
}

function pathStart(target: string): number {
  const authority = target.indexOf('://')
  if (authority < 0) return 0
  const path = target.indexOf('/', authority + 3)
  return path < 0 ? target.length : path
}
