import type { FastifyReply } from 'fastify'
import type { Problem } from '#problems/problem.ts'
import { problemDocument } from '#problems/problem-document.ts'

/** Answers with the problem, as `application/problem+json` (RFC 9457). `instance` names the request in the log. */
export function problemReply(reply: FastifyReply, problem: Problem, instance: string): void {
  reply.code(problem.status)
  // The rest of a body that was refused is read and thrown away, within the request timeout: a
  // connection closed with unread bytes is reset, and the sender would never see this answer.
  if (reply.hasHeader('connection') && !reply.raw.hasHeader('connection')) {
    reply.removeHeader('connection')
  }
  reply.header('content-type', 'application/problem+json')
  reply.header('x-content-type-options', 'nosniff')
  if (problem.type === 'unauthorized') reply.header('www-authenticate', 'Bearer')
  if (problem.type === 'batch-rejected') reply.header('preference-applied', 'handling=lenient')
  if (problem.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(problem.retryAfterSeconds))
  }
  reply.send(problemDocument(problem, instance))
}
