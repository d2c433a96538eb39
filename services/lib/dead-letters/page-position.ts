import { Problem } from '#problems/problem.ts'
import type { DeadLetterQuery, StoredDeadLetter } from './dead-letters.ts'

/** Where a page begins: after the letter with this time and id, newest first. */
export type PagePosition = Pick<StoredDeadLetter, 'time' | 'id'>

const POSITION = /^(\d{1,16})\.([A-Za-z0-9_-]{22})$/
const MAX_LIMIT = 1000

/** The `next` of a page whose last letter is this one. */
export function writePagePosition(letter: PagePosition): string {
  return `${letter.time}.${letter.id}`
}

/**
 * Where the page that `query` asks for begins; `undefined` for the newest letter.
 * @throws Problem `request-malformed` when `after` is no page's `next`.
 * @throws RangeError when `limit` is not between 1 and 1000.
 */
export function readPagePosition(query: DeadLetterQuery): PagePosition | undefined {
  const { after, limit } = query
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT)) {
    throw new RangeError(`Cannot list ${limit} dead letters: the limit is 1 to ${MAX_LIMIT}`)
  }
  if (after === undefined) return undefined
  const [, time, id] = POSITION.exec(after) ?? []
  if (time === undefined || id === undefined) {
    throw new Problem(
      'request-malformed',
      'Cannot list dead letters: "after" must be the "next" of an earlier page',
    )
  }
  return { time: Number(time), id }
}
