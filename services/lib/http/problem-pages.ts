import type { FastifyInstance } from 'fastify'
import { Problem } from '#problems/problem.ts'
import { readProblemPages } from '#problems/read-problem-pages.ts'

/**
 * Adds `GET /problems`, the list of the problems, and `GET /problems/<type>`, what docs/problems.md
 * says about one, as text.
 *
 * @throws Error when docs/problems.md cannot be read.
 */
export function addProblemPages(server: FastifyInstance): void {
  const pages = readProblemPages()
  server.get('/problems', (_request, reply) => {
    reply.send({ problems: [...pages.keys()].map((type) => `/problems/${type}`) })
  })
  server.get<{ Params: { type: string } }>('/problems/:type', (request, reply) => {
    const page = pages.get(request.params.type)
    if (page === undefined) {
      throw new Problem('not-found', 'Cannot explain the problem: /problems lists those there are')
    }
    reply.type('text/plain; charset=utf-8').header('x-content-type-options', 'nosniff').send(page)
  })
}
