import { CloudEvent } from 'cloudevents'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { BoundedMap } from '../bounded-map.ts'
import { createSubscriber, type Figures } from '../create-subscriber.ts'
import { EventData } from '../event-data.ts'
import { LatestValues } from '../latest-values.ts'

const MILESTONE = 'dev.sluice.task.milestone'
const PRIORITIES = ['low', 'normal', 'high'] as const

/** How many tasks are followed one by one, and how many completion times are kept. */
const FOLLOWED_TASKS = 100_000
const KEPT_TIMES = 10_000

/** What is known of a task. Events may arrive in any order. */
interface Task {
  isCreated: boolean
  isEnded: boolean
}

/** Counts tasks and measures how long they take; replies to each completed one with a milestone. */
export function createTaskAnalytics(logger: FastifyBaseLogger): FastifyInstance {
  return createSubscriber(logger, new TaskFigures())
}

class TaskFigures implements Figures {
  readonly #tasks = new BoundedMap<string, Task>(FOLLOWED_TASKS)
  readonly #seconds = new LatestValues(KEPT_TIMES)
  readonly #byPriority = { low: 0, normal: 0, high: 0 }
  #created = 0
  #updated = 0
  #completed = 0
  #deleted = 0
  #open = 0

  record(event: CloudEvent<unknown>): CloudEvent<unknown> | undefined {
    const data = new EventData(event)
    switch (event.type) {
      case 'dev.sluice.task.created': {
        const taskId = data.text('taskId')
        const priority = data.oneOf('priority', PRIORITIES)
        this.#created++
        this.#byPriority[priority]++
        this.#follow(taskId, 'isCreated')
        return undefined
      }
      case 'dev.sluice.task.updated':
        data.text('taskId')
        this.#updated++
        return undefined
      case 'dev.sluice.task.deleted':
        this.#follow(data.text('taskId'), 'isEnded')
        this.#deleted++
        return undefined
      case 'dev.sluice.task.completed':
        return this.#complete(event, data)
      default:
        return undefined
    }
  }

  read(): object {
    const { 50: p50, 90: p90, 99: p99, 100: max } = this.#seconds.percentiles(50, 90, 99, 100)
    return {
      created: this.#created,
      updated: this.#updated,
      completed: this.#completed,
      deleted: this.#deleted,
      open: this.#open,
      createdByPriority: this.#byPriority,
      completionSeconds: { p50, p90, p99, max },
    }
  }

  #complete(event: CloudEvent<unknown>, data: EventData): CloudEvent<unknown> {
    const completedAt = data.time('completedAt')
    const seconds = Math.max(0, completedAt - data.time('createdAt')) / 1000
    const taskId = data.text('taskId')
    this.#completed++
    this.#seconds.add(seconds)
    this.#follow(taskId, 'isEnded')
    return new CloudEvent<unknown>({
      // The same cause has the same reply, whoever computes it and however often.
      id: `${event.id}.milestone`,
      source: '/samples/task-analytics',
      type: MILESTONE,
      subject: taskId,
      time: new Date(completedAt).toISOString(),
      datacontenttype: 'application/json',
      data: {
        taskId,
        completed: this.#completed,
        open: this.#open,
        medianCompletionSeconds: this.#seconds.percentiles(50)[50],
        reachedAt: new Date(completedAt).toISOString(),
      },
    })
  }

  /** A task is open when it has been created and has not ended, whichever is heard of first. */
  #follow(taskId: string, fact: 'isCreated' | 'isEnded'): void {
    const task = this.#tasks.get(taskId) ?? { isCreated: false, isEnded: false }
    const before = isOpen(task)
    task[fact] = true
    this.#tasks.set(taskId, task)
    this.#open += isOpen(task) - before
  }
}

function isOpen(task: Task): 0 | 1 {
  return task.isCreated && !task.isEnded ? 1 : 0
}
