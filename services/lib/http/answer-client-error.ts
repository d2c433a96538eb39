import { ServerResponse } from 'node:http'
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
  const problem = clientProblem(code)
  end(socket, problem, instance)
  return problem
}

function end(socket: Socket, problem: Problem, instance: string): void {
  // Node has no public name for the response that a connection is busy with.
  const response: unknown = Reflect.get(socket, '_httpMessage')
  if (response instanceof ServerResponse && response.req.complete && !response.writableFinished) {
    response.once('close', () => {
      if (!socket.writable) return
      // The next pipelined response, if there is one, is assigned after this event.
      setImmediate(end, socket, problem, instance)
    })
    return
  }
  const isAnswered = response instanceof ServerResponse && response.headersSent
  if (isAnswered && !response.req.complete) {
    socket.destroy()
    return
  }
  const body = problemDocument(problem, instance)
  const head = `HTTP/1.1 ${problem.status} ${REASONS[problem.status] ?? 'Bad Request'}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nX-Content-Type-Options: nosniff\r\nContent-Length: ${body.length}\r\n\r\n`
  socket.end(Buffer.concat([Buffer.from(head, 'latin1'), body]), () => socket.destroySoon())
}

const REASONS: Readonly<Record<number, string>> = {
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
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
