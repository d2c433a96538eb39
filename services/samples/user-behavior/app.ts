import type { CloudEvent } from 'cloudevents'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { Counts } from '../counts.ts'
import { createSubscriber, type Figures } from '../create-subscriber.ts'
import { EventData } from '../event-data.ts'

const METHODS = ['password', 'sso', 'token'] as const

/** Counts registrations, logins by user, method and hour, and the milestones of tasks. */
export function createUserBehavior(logger: FastifyBaseLogger): FastifyInstance {
  return createSubscriber(logger, new UserFigures())
}

class UserFigures implements Figures {
  readonly #byUser = new Counts()
  readonly #byMethod = { password: 0, sso: 0, token: 0 }
  /** By hour of the day, UTC. */
  readonly #byHour: number[] = Array.from({ length: 24 }, () => 0)
  #registrations = 0
  #milestones = 0
  #tasksCompleted = 0

  record(event: CloudEvent<unknown>): undefined {
    const data = new EventData(event)
    if (event.type === 'dev.sluice.user.registered') {
      data.text('userId')
      this.#registrations++
    } else if (event.type === 'dev.sluice.user.logged-in') {
      const hour = new Date(data.time('loggedInAt')).getUTCHours()
      const method = data.oneOf('method', METHODS)
      this.#byUser.add(data.text('userId'))
      this.#byMethod[method]++
      this.#byHour[hour] = (this.#byHour[hour] ?? 0) + 1
    } else if (event.type === 'dev.sluice.task.milestone') {
      this.#tasksCompleted = Math.max(this.#tasksCompleted, data.optionalNumber('completed') ?? 0)
      this.#milestones++
    }
  }

  read(): object {
    return {
      registrations: this.#registrations,
      logins: this.#byUser.total,
      usersLoggedIn: this.#byUser.names,
      loginsByUser: this.#byUser.top(),
      loginsByMethod: this.#byMethod,
      loginsByHourUtc: this.#byHour,
      milestones: this.#milestones,
      tasksCompleted: this.#tasksCompleted,
    }
  }
}
