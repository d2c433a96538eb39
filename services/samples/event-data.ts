import type { CloudEvent } from 'cloudevents'
import { BadRequest } from './bad-request.ts'

/** Reads members of an event's data. Each throws BadRequest when the member is not what it should be. */
export class EventData {
  readonly #data: object

  constructor(event: CloudEvent<unknown>) {
    const { data } = event
    if (typeof data !== 'object' || data === null) throw new BadRequest('the data is not an object')
    this.#data = data
  }

  text(name: string): string {
    const value = this.#member(name)
    if (typeof value !== 'string') throw new BadRequest(`data: ${name} is not a string`)
    return value
  }

  optionalNumber(name: string): number | undefined {
    const value = this.#member(name)
    if (value === undefined || typeof value === 'number') return value
    throw new BadRequest(`data: ${name} is not a number`)
  }

  /** A time, in milliseconds since 1970. */
  time(name: string): number {
    const time = Date.parse(this.text(name))
    if (Number.isNaN(time)) throw new BadRequest(`data: ${name} is not a time`)
    return time
  }

  oneOf<Value extends string>(name: string, values: readonly Value[]): Value {
    const value = this.#member(name)
    const found = values.find((candidate) => candidate === value)
    if (found === undefined) throw new BadRequest(`data: ${name} is none of ${values.join(', ')}`)
    return found
  }

  #member(name: string): unknown {
    return Object.getOwnPropertyDescriptor(this.#data, name)?.value
  }
}
