import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { createApp } from '../create-app.ts'
import { createPublisher, type Fact, type Sink } from '../create-publisher.ts'
import { addChatRoutes } from './chat.ts'
import { addSystemRoutes } from './system.ts'
import { addTaskRoutes } from './tasks.ts'
import { addUserRoutes } from './users.ts'

/** What every route needs. */
export interface Todo {
  readonly publish: (fact: Fact) => Promise<void>
  /** The time, as RFC 3339. */
  readonly now: () => string
  readonly newId: () => string
}

/**
 * Tasks, chat, users and system health. Whatever changes is published as a CloudEvent before the
 * request is answered: where publishing fails, the request fails with 502 or 503 and nothing has
 * changed. All state is in memory, and the oldest of it is forgotten.
 */
export function createTodo(
  logger: FastifyBaseLogger,
  sink: Sink,
  now: () => number = Date.now,
  newId: () => string = randomUUID,
): FastifyInstance {
  const app = createApp(logger)
  const { publish, close } = createPublisher(sink)
  app.addHook('onClose', close)
  const todo: Todo = { publish, newId, now: () => new Date(now()).toISOString() }

  app.get('/', async () => ({
    routes: [
      'POST /tasks',
      'GET /tasks',
      'PATCH /tasks/{id}',
      'POST /tasks/{id}/complete',
      'DELETE /tasks/{id}',
      'POST /conversations',
      'POST /conversations/{id}/messages',
      'POST /users',
      'POST /users/{id}/logins',
      'POST /system/health',
      'POST /system/errors',
    ],
  }))
  addTaskRoutes(app, todo)
  addChatRoutes(app, todo)
  addUserRoutes(app, todo)
  addSystemRoutes(app, todo)
  return app
}
