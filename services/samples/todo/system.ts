import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Todo } from './app.ts'
import { Body, Id } from './body-types.ts'

const SOURCE = '/samples/todo/system'

const Health = Body({
  component: Id,
  status: Type.Union([Type.Literal('healthy'), Type.Literal('degraded'), Type.Literal('down')]),
  latencyMs: Type.Optional(Type.Number({ minimum: 0 })),
})
const Fault = Body({
  component: Id,
  severity: Type.Union([Type.Literal('warning'), Type.Literal('error'), Type.Literal('critical')]),
  message: Type.String({ minLength: 1, maxLength: 2000 }),
})

/** Passes on how components are doing. */
export function addSystemRoutes(app: FastifyInstance, { publish, now }: Todo): void {
  app.post<{ Body: Static<typeof Health> }>(
    '/system/health',
    { schema: { body: Health } },
    async ({ body }, reply) => {
      const data = { ...body, checkedAt: now() }
      const subject = body.component
      await publish({ type: 'dev.sluice.system.health', source: SOURCE, subject, data })
      return reply.code(202).send(data)
    },
  )

  app.post<{ Body: Static<typeof Fault> }>(
    '/system/errors',
    { schema: { body: Fault } },
    async ({ body }, reply) => {
      const data = { ...body, occurredAt: now() }
      const subject = body.component
      await publish({ type: 'dev.sluice.system.error', source: SOURCE, subject, data })
      return reply.code(202).send(data)
    },
  )
}
