import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { BadRequest } from '../bad-request.ts'
import { BoundedMap } from '../bounded-map.ts'
import type { Todo } from './app.ts'
import { Body, Id, Title } from './body-types.ts'

const SOURCE = '/samples/todo/tasks'
const KEPT_TASKS = 10_000

const Priority = Type.Union([Type.Literal('low'), Type.Literal('normal'), Type.Literal('high')])
const NewTask = Body({
  title: Title,
  priority: Type.Optional(Priority),
  assignee: Type.Optional(Id),
})
const Changes = Type.Object(
  {
    title: Type.Optional(Title),
    priority: Type.Optional(Priority),
    assignee: Type.Optional(Id),
  },
  { additionalProperties: false, minProperties: 1 },
)
const Completion = Body({ completedBy: Type.Optional(Id) })

interface Task {
  readonly taskId: string
  readonly title: string
  readonly priority: Static<typeof Priority>
  readonly assignee?: string
  readonly createdAt: string
  readonly completedAt?: string
}

interface OneTask {
  Params: { id: string }
}

/** Adds, changes, completes and deletes tasks. */
export function addTaskRoutes(app: FastifyInstance, { publish, now, newId }: Todo): void {
  const tasks = new BoundedMap<string, Task>(KEPT_TASKS)
  const existing = (id: string): Task => {
    const task = tasks.get(id)
    if (task === undefined) throw new BadRequest('there is no such task', 404)
    return task
  }
  const fact = (name: string, taskId: string, data: object) => ({
    type: `dev.sluice.task.${name}`,
    source: SOURCE,
    subject: taskId,
    data: { taskId, ...data },
  })

  app.get('/tasks', async () => ({ tasks: [...tasks.values()] }))

  app.post<{ Body: Static<typeof NewTask> }>(
    '/tasks',
    { schema: { body: NewTask } },
    async ({ body }, reply) => {
      const task: Task = { taskId: newId(), priority: 'normal', ...body, createdAt: now() }
      const { taskId, ...data } = task
      await publish(fact('created', taskId, data))
      tasks.set(taskId, task)
      return reply.code(201).send(task)
    },
  )

  app.patch<OneTask & { Body: Static<typeof Changes> }>(
    '/tasks/:id',
    { schema: { body: Changes } },
    async ({ params, body }) => {
      existing(params.id)
      await publish(fact('updated', params.id, { changes: body, updatedAt: now() }))
      const task = { ...existing(params.id), ...body }
      tasks.set(params.id, task)
      return task
    },
  )

  app.post<OneTask & { Body: Static<typeof Completion> | undefined }>(
    '/tasks/:id/complete',
    { schema: { body: Type.Union([Completion, Type.Null()]) } },
    async ({ params, body }) => {
      const before = existing(params.id)
      if (before.completedAt !== undefined) throw new BadRequest('the task is completed', 409)
      const { taskId, createdAt } = before
      const task: Task = { ...before, completedAt: now() }
      // Taken before it is published, so that two requests do not both complete it.
      tasks.set(taskId, task)
      try {
        const { completedAt } = task
        await publish(fact('completed', taskId, { ...body, createdAt, completedAt }))
      } catch (error) {
        tasks.set(taskId, before)
        throw error
      }
      return task
    },
  )

  app.delete<OneTask>('/tasks/:id', async ({ params }, reply) => {
    const task = existing(params.id)
    const wasCompleted = task.completedAt !== undefined
    tasks.delete(task.taskId)
    try {
      await publish(fact('deleted', task.taskId, { wasCompleted, deletedAt: now() }))
    } catch (error) {
      tasks.set(task.taskId, task)
      throw error
    }
    return reply.code(204).send()
  })
}
