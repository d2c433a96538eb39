import type { CloudEvent } from 'cloudevents'
import { BadRequest } from './bad-request.ts'

/**
 * Reads members of an event's data; of data that is no object, every member is missing. Each method
 * throws BadRequest when the member is not what it should be.
 */
export class EventData {
  readonly #data: object

  constructor(event: CloudEvent<unknown>) {
    const { data } = event
    this.#data = typeof data === 'object' && data !== null ? data : {}
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
