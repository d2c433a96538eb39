import type { CloudEvent } from 'cloudevents'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { BoundedMap } from '../bounded-map.ts'
import { Counts } from '../counts.ts'
import { createSubscriber, type Figures } from '../create-subscriber.ts'
import { EventData } from '../event-data.ts'

/** A conversation is active while its last message is no older than this. */
const ACTIVE_MS = 15 * 60_000
const FOLLOWED_CONVERSATIONS = 10_000

/** Counts conversations, and messages by conversation and author. */
export function createChatAnalytics(
  logger: FastifyBaseLogger,
  now: () => number = Date.now,
): FastifyInstance {
  return createSubscriber(logger, new ChatFigures(now))
}

class ChatFigures implements Figures {
  readonly #now: () => number
  readonly #byConversation = new Counts()
  readonly #byAuthor = new Counts()
  /** When each conversation was last heard of, in milliseconds since 1970. */
  readonly #lastHeard = new BoundedMap<string, number>(FOLLOWED_CONVERSATIONS)
  #started = 0
  #characters = 0

  constructor(now: () => number) {
    this.#now = now
  }

  record(event: CloudEvent<unknown>): undefined {
    const data = new EventData(event)
    if (event.type === 'dev.sluice.conversation.started') {
      this.#hear(data.text('conversationId'), data.time('startedAt'))
      this.#started++
    } else if (event.type === 'dev.sluice.message.sent') {
      const conversationId = data.text('conversationId')
      const [author, text] = [data.text('author'), data.text('text')]
      this.#hear(conversationId, data.time('sentAt'))
      this.#byConversation.add(conversationId)
      this.#byAuthor.add(author)
      this.#characters += text.length
    }
  }

  read(): object {
    const messages = this.#byConversation.total
    const activeSince = this.#now() - ACTIVE_MS
    return {
      conversationsStarted: this.#started,
      conversationsActive: [...this.#lastHeard.values()].filter((time) => time >= activeSince)
        .length,
      messages,
      averageCharacters: messages === 0 ? 0 : Math.round(this.#characters / messages),
      messagesByConversation: this.#byConversation.top(),
      messagesByAuthor: this.#byAuthor.top(),
    }
  }

  #hear(conversationId: string, time: number): void {
    this.#lastHeard.set(conversationId, Math.max(time, this.#lastHeard.get(conversationId) ?? 0))
  }
}
