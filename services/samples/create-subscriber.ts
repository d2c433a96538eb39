import type { CloudEvent } from 'cloudevents'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { BoundedMap } from './bounded-map.ts'
import { createApp } from './create-app.ts'
import { receiveEvent } from './receive-event.ts'
import { writeEvent } from './write-event.ts'

/** How many events are remembered, to know them when they come again. */
const REMEMBERED_EVENTS = 100_000

/** What a subscriber makes of the events it receives. */
export interface Figures {
  /**
   * Takes one event in, seen for the first time, and returns the reply to it, if there is one.
   * @throws BadRequest when the data is not what the event's type promises; nothing has changed then.
   */
  record(event: CloudEvent<unknown>): CloudEvent<unknown> | undefined
  /** The figures now, as JSON data. */
  read(): object
}

/**
 * A service that receives events at `POST /` and shows its figures at `GET /`. Delivery is at least
 * once, so an event of a known (`source`, `id`) changes nothing and is answered as the first time:
 * it may have come again because the reply got lost.
 */
export function createSubscriber(logger: FastifyBaseLogger, figures: Figures): FastifyInstance {
  const app = createApp(logger)
  const replies = new BoundedMap<string, CloudEvent<unknown> | undefined>(REMEMBERED_EVENTS)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  app.post<{ Body: Buffer | undefined }>('/', async (request, reply) => {
    const event = receiveEvent(request.headers, request.body ?? Buffer.alloc(0))
    const key = JSON.stringify([event.source, event.id])
    const answer = replies.has(key) ? replies.get(key) : figures.record(event)
    replies.set(key, answer)
    if (answer === undefined) return reply.code(204).send()
    const { headers, body } = writeEvent(answer)
    return reply.code(200).headers(headers).send(body)
  })
  app.get('/', async () => figures.read())
  return app
}
