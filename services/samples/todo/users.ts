import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { BadRequest } from '../bad-request.ts'
import { BoundedMap } from '../bounded-map.ts'
import type { Todo } from './app.ts'
import { Body, Title } from './body-types.ts'

const SOURCE = '/samples/todo/users'
const KEPT_USERS = 10_000

const NewUser = Body({ name: Title, email: Type.String({ format: 'email', maxLength: 254 }) })
const Login = Body({
  method: Type.Union([Type.Literal('password'), Type.Literal('sso'), Type.Literal('token')]),
})

/** Registers users and notes their logins. */
export function addUserRoutes(app: FastifyInstance, { publish, now, newId }: Todo): void {
  const users = new BoundedMap<string, object>(KEPT_USERS)

  app.post<{ Body: Static<typeof NewUser> }>(
    '/users',
    { schema: { body: NewUser } },
    async ({ body }, reply) => {
      const user = { userId: newId(), ...body, registeredAt: now() }
      await publish({
        type: 'dev.sluice.user.registered',
        source: SOURCE,
        subject: user.userId,
        data: user,
      })
      users.set(user.userId, user)
      return reply.code(201).send(user)
    },
  )

  app.post<{ Params: { id: string }; Body: Static<typeof Login> }>(
    '/users/:id/logins',
    { schema: { body: Login } },
    async ({ params, body }, reply) => {
      if (!users.has(params.id)) throw new BadRequest('there is no such user', 404)
      const login = { userId: params.id, ...body, loggedInAt: now() }
      await publish({
        type: 'dev.sluice.user.logged-in',
        source: SOURCE,
        subject: params.id,
        data: login,
      })
      return reply.code(201).send(login)
    },
  )
}
