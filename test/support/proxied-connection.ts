import type { Socket } from 'node:net'
import { KafkaFrames } from './kafka/kafka-frames.ts'

/** One request of the Kafka protocol on its way to the broker. */
export interface ProxiedRequest {
  /** 0 is Produce, 1 Fetch, 3 Metadata, 11 JoinGroup, 12 Heartbeat. */
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  /** The whole request, with its length in front. */
  readonly frame: Buffer
  /** Which connection it came on, counted from 1. */
  readonly connection: number
}

/**
 * What becomes of a request. All but `forward` end its connection, on both sides: before any of it
 * leaves, when half of it has left, or when the broker has answered it, without that answer.
 */
export type Fate = 'forward' | 'cut-before' | 'cut-within' | 'cut-after'

/** The proxy's say in what passes. */
export interface Passage {
  /** Resolves when the next bytes may pass. */
  open(): Promise<void>
  decide(request: ProxiedRequest): Fate
  /** Whether bytes pass as they are, without being looked at. */
  readonly isOpaque: boolean
}

/** A client's connection and the one to the broker that belongs to it. */
export class ProxiedConnection {
  readonly #client: Socket
  readonly #broker: Socket
  readonly #number: number
  readonly #passage: Passage
  /** Correlation ids of requests whose answers do not arrive. */
  readonly #unanswered = new Set<number>()

  constructor(client: Socket, broker: Socket, number: number, passage: Passage) {
    this.#client = client
    this.#broker = broker
    this.#number = number
    this.#passage = passage
    // What happens to one side ends the other, in `#pass`.
    for (const socket of [client, broker]) socket.on('error', () => {})
  }

  /** Hands on what comes, both ways, until both sides are closed. */
  async run(): Promise<void> {
    const requests = new KafkaFrames()
    const answers = new KafkaFrames()
    const { isOpaque } = this.#passage
    await Promise.all([
      this.#pass(this.#client, this.#broker, async (chunk) => {
        if (isOpaque) return await write(this.#broker, chunk)
        for (const frame of requests.push(chunk)) await this.#request(frame)
      }),
      this.#pass(this.#broker, this.#client, async (chunk) => {
        const isCut = !isOpaque && answers.push(chunk).some((frame) => this.#isUnanswered(frame))
        if (isCut) this.cut()
        else await write(this.#client, chunk)
      }),
    ])
  }

  /** Ends it on both sides. */
  cut(): void {
    this.#client.destroy()
    this.#broker.destroy()
  }

  async #pass(from: Socket, to: Socket, hand: (chunk: Buffer) => Promise<void>): Promise<void> {
    try {
      for await (const chunk of from) {
        await this.#passage.open()
        await hand(chunk)
      }
      to.end()
    } catch {
      to.destroy()
    }
  }

  async #request(frame: Buffer): Promise<void> {
    const correlationId = frame.readInt32BE(8)
    const fate = this.#passage.decide({
      apiKey: frame.readInt16BE(4),
      apiVersion: frame.readInt16BE(6),
      correlationId,
      frame,
      connection: this.#number,
    })
    if (fate === 'cut-within') await write(this.#broker, frame.subarray(0, frame.length >> 1))
    if (fate === 'cut-before' || fate === 'cut-within') {
      this.cut()
      throw new Error('the connection was cut')
    }
    if (fate === 'cut-after') this.#unanswered.add(correlationId)
    await write(this.#broker, frame)
  }

  #isUnanswered(answer: Buffer): boolean {
    return this.#unanswered.has(answer.readInt32BE(4))
  }
}

/** Resolves when the system has the bytes. */
async function write(socket: Socket, bytes: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.write(bytes, (error) => (error ? reject(error) : resolve()))
  await promise
}
