import { deadLetterId } from '../dead-letter-id.ts'
import type {
  DeadLetter,
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetterSummary,
  DeadLetters,
  StoredDeadLetter,
} from '../dead-letters.ts'
import { type PagePosition, readPagePosition, writePagePosition } from '../page-position.ts'

/** Dead letters that live as long as the process. Nothing is shared with the caller: all is copied. */
export class MemoryDeadLetters implements DeadLetters {
  readonly #letters = new Map<string, StoredDeadLetter>()

  async put(letter: DeadLetter): Promise<void> {
    const id = deadLetterId(letter)
    this.#letters.set(id, copy({ id, ...letter }))
  }

  async list(query: DeadLetterQuery): Promise<DeadLetterPage> {
    const start = readPagePosition(query)
    const following = [...this.#letters.values()]
      .filter((letter) => query.trigger === undefined || letter.trigger === query.trigger)
      .filter((letter) => start === undefined || compareNewestFirst(letter, start) > 0)
      .sort(compareNewestFirst)
    const page = following.slice(0, query.limit)
    const last = page.at(-1)
    const hasMore = following.length > page.length
    return {
      letters: page.map(summarise),
      next: hasMore && last !== undefined ? writePagePosition(last) : undefined,
    }
  }

  async get(id: string): Promise<StoredDeadLetter | undefined> {
    const letter = this.#letters.get(id)
    return letter === undefined ? undefined : copy(letter)
  }

  async count(): Promise<number> {
    return this.#letters.size
  }

  async close(): Promise<void> {}
}

function compareNewestFirst(a: PagePosition, b: PagePosition): number {
  if (a.time !== b.time) return b.time - a.time
  if (a.id === b.id) return 0
  return a.id < b.id ? 1 : -1
}

function copy(letter: StoredDeadLetter): StoredDeadLetter {
  const { event, ...rest } = letter
  const data = event.data === undefined ? undefined : new Uint8Array(event.data)
  return { ...structuredClone(rest), event: { attributes: new Map(event.attributes), data } }
}

function summarise(letter: StoredDeadLetter): DeadLetterSummary {
  const { event, ...rest } = letter
  return {
    ...structuredClone(rest),
    event: { attributes: new Map(event.attributes) },
    dataBytes: event.data?.length,
  }
}
