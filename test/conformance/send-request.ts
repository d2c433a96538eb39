import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Request } from './conformance-case.ts'

/** What the ingress answered. */
export interface IngressAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Sends a request as the case has it, header by header. With `Expect: 100-continue` the body is held
 * back until it is asked for.
 *
 * @throws Error where no whole answer comes within `deadlineMs`.
 */
export async function sendRequest(
  ingress: URL,
  { method = 'POST', headers, body }: Request,
  deadlineMs: number,
): Promise<IngressAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<IngressAnswer>()
  const send = ingress.protocol === 'https:' ? httpsRequest : httpRequest
  const isHeld = headers.some(([name]) => name.toLowerCase() === 'expect')
  const bytes = body === undefined ? undefined : Buffer.from(body)
  const isSized = headers.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name))
  const flat = [...headers.flat(), 'host', ingress.host]
  if (!isSized) flat.push('content-length', String(bytes?.length ?? 0))
  // An agent of its own: a connection that one case spoils must not carry another.
  const outgoing = send(ingress, { method, headers: flat, agent: false })
  const timer = setTimeout(() => {
    outgoing.destroy(new Error(`no answer within ${deadlineMs} ms`))
  }, deadlineMs)
  outgoing.on('error', reject)
  outgoing.on('response', (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => {
      const entries = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
      resolve({
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(entries),
        body: Buffer.concat(chunks).toString('utf8'),
      })
    })
  })
  if (isHeld) {
    outgoing.on('continue', () => outgoing.end(bytes))
    outgoing.flushHeaders()
  } else {
    outgoing.end(bytes)
  }
  return await promise.finally(() => {
    clearTimeout(timer)
    outgoing.destroy()
  })
}
