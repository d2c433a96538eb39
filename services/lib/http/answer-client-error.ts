import { ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Problem } from '#problems/problem.ts'
import { problemDocument } from '#problems/problem-document.ts'

/**
 * Answers what Node's HTTP parser could not read, over the bare connection, and closes it: 431 for
 * headers that are too large, 408 for a request that did not arrive in time, else 400. An answer
 * that is still under way on the connection comes first; nothing is written into the middle of one.
 *
 * Returns the problem it answered with, or will; `undefined` where nobody is listening any more.
 */
export function answerClientError(
  error: Error,
  socket: Socket,
  instance: string,
): Problem | undefined {
  const code = 'code' in error ? error.code : undefined
  if (code === 'ECONNRESET' || code === 'EPIPE' || !socket.writable) {
    socket.destroy()
    return undefined
  }
  const response = currentResponse(socket)
  const isUnderWay = response !== undefined && !response.writableFinished
  if (isUnderWay && !response.req.complete && response.headersSent) {
    // It was answered before its body was whole, and the rest of the body is what is broken.
    socket.destroy()
    return undefined
  }
  const problem = clientProblem(code)
  answer(socket, problemDocument(problem, instance), problem.status)
  return problem
}

function answer(socket: Socket, body: Buffer, status: number): void {
  const response = currentResponse(socket)
  if (response?.req.complete && !response.writableFinished) {
    // The next pipelined response, if there is one, is assigned after this event.
    response.once('close', () => setImmediate(answer, socket, body, status))
    return
  }
  if (!socket.writable) return
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nX-Content-Type-Options: nosniff\r\nContent-Length: ${body.length}\r\n\r\n`
  socket.end(Buffer.concat([Buffer.from(head, 'latin1'), body]), () => socket.destroySoon())
}

/** The response that the connection is busy with, for which Node has no public name. */
function currentResponse(socket: Socket): ServerResponse | undefined {
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return response instanceof ServerResponse ? response : undefined
}

function clientProblem(code: unknown): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(
        'headers-too-large',
        'Cannot read the request: its headers are larger than this server takes; send large attributes in structured mode',
      )
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(
        'request-timeout',
        'Cannot read the request: it did not arrive in time; send it again',
      )
    default:
      return new Problem('request-malformed', 'Cannot read the request: it is not valid HTTP/1.1')
  }
}
