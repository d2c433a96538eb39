import type { FastifyInstance } from 'fastify'
import type {
  DeadLetterReader,
  DeadLetterSummary,
  StoredDeadLetter,
} from '#dead-letters/dead-letters.ts'
import { quote } from '#events/quote.ts'
import { writeStructured } from '#events/write-structured.ts'
import { Problem } from '#problems/problem.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000

type Query = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Adds `GET /dead-letters`, one page, newest first (`limit`, `trigger`, `after`), and
 * `GET /dead-letters/<id>`, a whole one with its event in JSON format.
 */
export function addDeadLetters(
  server: FastifyInstance,
  deadLetters: Pick<DeadLetterReader, 'list' | 'get'>,
): void {
  server.get<{ Querystring: Query }>('/dead-letters', async ({ query }) => {
    const limit = readLimit(query)
    const trigger = readText(query, 'trigger')
    const after = readText(query, 'after')
    const asked = {
      limit,
      ...(trigger !== undefined && { trigger }),
      ...(after !== undefined && { after }),
    }
    const { letters, next } = await deadLetters.list(asked).catch(unreadable)
    return { deadLetters: letters.map(summary), next: nextPage(next, limit, trigger) }
  })
  server.get<{ Params: { id: string } }>('/dead-letters/:id', async ({ params }, reply) => {
    const letter = await deadLetters.get(params.id).catch(unreadable)
    if (letter === undefined) {
      throw new Problem('not-found', 'Cannot show the dead letter: none has this id')
    }
    return reply.type('application/json').send(whole(letter))
  })
}

/** A storage that does not answer is no bug, and its message is for those who ask here. */
function unreadable(error: unknown): never {
  if (!(error instanceof Error) || error instanceof Problem || error instanceof TypeError)
    throw error
  throw new Problem('not-ready', error.message, { cause: error, retryAfterSeconds: 5 })
}

function summary({ event, ...letter }: DeadLetterSummary) {
  return { ...letter, event: Object.fromEntries(event.attributes) }
}

/** The event's bytes are spliced in, so that its data is shown as it is: big numbers, too. */
function whole({ event, ...letter }: StoredDeadLetter): Buffer {
  const head = JSON.stringify(letter).slice(0, -1)
  return Buffer.concat([Buffer.from(`${head},"event":`), writeStructured(event), Buffer.from('}')])
}

/** The address of the next page, or `null` at the end. */
function nextPage(
  next: string | undefined,
  limit: number,
  trigger: string | undefined,
): string | null {
  if (next === undefined) return null
  const query = new URLSearchParams({ limit: String(limit) })
  if (trigger !== undefined) query.set('trigger', trigger)
  query.set('after', next)
  return `/dead-letters?${query}`
}

function readLimit(query: Query): number {
  const text = readText(query, 'limit')
  if (text === undefined) return DEFAULT_LIMIT
  const limit = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MAX_LIMIT) return limit
  throw new Problem(
    'request-malformed',
    `Cannot list dead letters: limit is ${quote(text)}, and must be 1 to ${MAX_LIMIT}`,
  )
}

function readText(query: Query, name: string): string | undefined {
  const value = query[name]
  if (value === undefined || typeof value === 'string') return value
  throw new Problem('request-malformed', `Cannot list dead letters: ${name} is there twice`)
}
