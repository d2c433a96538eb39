import { createHash, timingSafeEqual } from 'node:crypto'
import { Problem } from '#problems/problem.ts'

/**
 * Makes a check of `Authorization` headers against a bearer token (RFC 6750, section 2.1). It takes
 * the same time whatever the header says.
 *
 * The check throws the Problem `unauthorized`.
 */
export function bearerCheck(token: string): (header: string | undefined) => void {
  const expected = digest(token)
  return (header = '') => {
    const isBearer = header.slice(0, 7).toLowerCase() === 'bearer '
    const isSame = timingSafeEqual(digest(header.slice(7).trim()), expected)
    if (isBearer && isSame) return
    throw new Problem(
      'unauthorized',
      'Cannot answer: the request needs the header "Authorization: Bearer" with the token in ADMIN_TOKEN',
    )
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
