import type { IncomingMessage } from 'node:http'
import { Problem } from '#problems/problem.ts'
import type { BodyBudget } from './body-budget.ts'

/** Refuses a body whose `Content-Length` says that it is too large, before any of it is read. */
export function admitBody(request: IncomingMessage, limit: number, budget: BodyBudget): void {
  const { headers } = request
  const length = headers['content-length']
  if (length === undefined) return
  const bytes = Number(length)
  if (bytes > limit) throw tooLarge(limit)
  budget.take(request, bytes, 0)
}

/**
 * Collects a request's body, at most `limit` bytes, and calls `done` once: with the body, or with
 * the Problem `event-too-large` or `over-capacity`, or with the connection's error. What is left of
 * a body that was refused is thrown away as it arrives.
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  budget: BodyBudget,
  done: (error: Error | null, body?: Buffer) => void,
): void {
  const isCounted = request.headers['content-length'] !== undefined
  const chunks: Buffer[] = []
  let received = 0
  const onData = (chunk: Buffer) => {
    try {
      if (received + chunk.length > limit) throw tooLarge(limit)
      if (!isCounted) budget.take(request, chunk.length, received)
      received += chunk.length
      chunks.push(chunk)
    } catch (error) {
      chunks.length = 0
      settle(error as Error)
    }
  }
  const onEnd = () => settle(null)
  const settle = (error: Error | null) => {
    request.off('data', onData)
    request.off('end', onEnd)
    request.off('error', settle)
    // Whatever breaks from here on has nobody left to tell.
    if (error !== null) request.on('error', ignore).resume()
    done(error, error === null ? Buffer.concat(chunks, received) : undefined)
  }
  request.on('data', onData)
  request.on('end', onEnd)
  request.on('error', settle)
}

function ignore(): void {}

function tooLarge(limit: number): Problem {
  return new Problem(
    'event-too-large',
    `Cannot take the request: its body has more than the ${limit} bytes that are allowed`,
  )
}
