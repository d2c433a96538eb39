import type { IncomingMessage } from 'node:http'
import { Problem } from '#problems/problem.ts'

/**
 * Whether the sender of a request waits for `100 Continue` before it sends the body (RFC 9110,
 * section 10.1.1). Not where there is no body, nor in HTTP/1.0, which does not know it.
 *
 * @throws Problem `expectation-failed` where anything else is expected.
 */
export function expectsContinue({ headers, httpVersionMinor }: IncomingMessage): boolean {
  const { expect } = headers
  if (expect === undefined) return false
  let isExpected = false
  for (const member of expect.split(',')) {
    const expectation = member.trim().toLowerCase()
    if (expectation === '100-continue') isExpected = true
    else if (expectation !== '') throw unknownExpectation()
  }
  const length = headers['content-length'] ?? '0'
  const hasBody = headers['transfer-encoding'] !== undefined || Number(length) > 0
  return isExpected && hasBody && httpVersionMinor > 0
}

function unknownExpectation(): Problem {
  return new Problem(
    'expectation-failed',
    'Cannot serve the request: it expects something else than 100-continue; send it without Expect',
  )
}
