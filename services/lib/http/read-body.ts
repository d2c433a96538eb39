import type { IncomingMessage } from 'node:http'
import { Problem } from '#problems/problem.ts'
import { BodyBudget } from './body-budget.ts'

/**
 * Looks at a request's `Content-Length` before any of its body is read. A large body takes its room
 * in the budget, until the request is over.
 *
 * @throws Problem `event-too-large` above `limit`, and `over-capacity` where there is no room.
 */
export function admitBody(request: IncomingMessage, limit: number, budget: BodyBudget): void {
  const { headers } = request
  const length = headers['content-length']
  if (length === undefined) return
  const bytes = Number(length)
  if (bytes > limit) throw tooLarge(limit)
  if (bytes <= BodyBudget.uncountedBytes) return
  budget.take(bytes)
  request.once('close', () => budget.give(bytes))
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
  let taken = 0
  const take = (bytes: number) => {
    budget.take(bytes)
    if (taken === 0) request.once('close', () => budget.give(taken))
    taken += bytes
  }
  const onData = (chunk: Buffer) => {
    try {
      if (received + chunk.length > limit) throw tooLarge(limit)
      received += chunk.length
      if (!isCounted && received > BodyBudget.uncountedBytes) take(chunk.length)
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
    done(error, error === null ? joined(chunks, received) : undefined)
  }
  request.on('data', onData)
  request.on('end', onEnd)
  request.on('error', settle)
}

/** Most bodies come in one piece, which need not be copied. */
function joined(chunks: readonly Buffer[], bytes: number): Buffer {
  const [first] = chunks
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes)
}

function ignore(): void {}

function tooLarge(limit: number): Problem {
  return new Problem(
    'event-too-large',
    `Cannot take the request: its body has more than the ${limit} bytes that are allowed`,
  )
}
