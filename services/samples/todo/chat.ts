import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { BadRequest } from '../bad-request.ts'
import { BoundedMap } from '../bounded-map.ts'
import type { Todo } from './app.ts'
import { Body, Id, Title } from './body-types.ts'

const SOURCE = '/samples/todo/chat'
const KEPT_CONVERSATIONS = 10_000

const NewConversation = Body({
  title: Type.Optional(Title),
  participants: Type.Array(Id, { minItems: 1, maxItems: 100, uniqueItems: true }),
})
const NewMessage = Body({ author: Id, text: Type.String({ minLength: 1, maxLength: 4000 }) })

/** Starts conversations and sends messages. */
export function addChatRoutes(app: FastifyInstance, { publish, now, newId }: Todo): void {
  const participants = new BoundedMap<string, readonly string[]>(KEPT_CONVERSATIONS)

  app.post<{ Body: Static<typeof NewConversation> }>(
    '/conversations',
    { schema: { body: NewConversation } },
    async ({ body }, reply) => {
      const conversation = { conversationId: newId(), ...body, startedAt: now() }
      await publish({
        type: 'dev.sluice.conversation.started',
        source: SOURCE,
        subject: conversation.conversationId,
        data: conversation,
      })
      participants.set(conversation.conversationId, body.participants)
      return reply.code(201).send(conversation)
    },
  )

  app.post<{ Params: { id: string }; Body: Static<typeof NewMessage> }>(
    '/conversations/:id/messages',
    { schema: { body: NewMessage } },
    async ({ params, body }, reply) => {
      const allowed = participants.get(params.id)
      if (allowed === undefined) throw new BadRequest('there is no such conversation', 404)
      if (!allowed.includes(body.author))
        throw new BadRequest('the author takes no part in it', 403)
      const message = { messageId: newId(), conversationId: params.id, ...body, sentAt: now() }
      await publish({
        type: 'dev.sluice.message.sent',
        source: SOURCE,
        subject: params.id,
        data: message,
      })
      return reply.code(201).send(message)
    },
  )
}
