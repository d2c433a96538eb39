import type { FetchResult, KafkaCluster, Lane } from '#kafka/kafka-cluster.ts'
import type { Position } from '../event-log.ts'
import { byLeader, fetchFrom } from './leader-fetch.ts'

/** How long one long poll lasts. A partition that joins meanwhile is asked for by itself first. */
const LONG_POLL_MS = 1000
const FAILED_PAUSE_MS = 100

export interface TailOptions {
  readonly maxBytes: number
  readonly waitMs: number
  readonly signal: AbortSignal
}

/**
 * Waits for new records of a topic: one long poll per broker, for all partitions that it leads. What
 * comes for one partition does not end the long polls of the others, which are under way still when
 * the next call asks for them.
 */
export class TailReader {
  readonly #cluster: KafkaCluster
  readonly #topic: string
  readonly #lane: Lane
  /** The long poll of each broker, and what it is for. */
  readonly #polls = new Map<
    number,
    { readonly ended: Promise<void>; readonly of: readonly Position[] }
  >()
  /** What has come and was not taken yet, by partition. */
  readonly #arrived = new Map<number, FetchResult>()
  #isClosed = false

  constructor(cluster: KafkaCluster, topic: string) {
    this.#cluster = cluster
    this.#topic = topic
    this.#lane = `tail:${topic}`
  }

  /**
   * Resolves with what is there for these positions, as soon as there is something for one of them,
   * or after `waitMs`. What failed is among the results.
   * @throws the signal's reason when it is aborted.
   */
  async read(
    positions: readonly Position[],
    { maxBytes, waitMs, signal }: TailOptions,
  ): Promise<ReadonlyMap<number, FetchResult>> {
    const deadline = performance.now() + waitMs
    const failed = new Map<number, FetchResult>()
    for (;;) {
      signal.throwIfAborted()
      const found = this.#take(positions, failed)
      const leftMs = deadline - performance.now()
      if (found.size > 0) return found
      if (leftMs <= 0 || this.#isClosed) return failed
      const waits = await wait([this.#poll(positions, maxBytes, failed)], leftMs, signal)
      if (waits === undefined) continue
      if (waits.length > 0) await wait(waits, leftMs, signal)
      else await wait([], Math.min(FAILED_PAUSE_MS, leftMs), signal)
    }
  }

  /** Ends the long polls. Whoever waits gets what there is. */
  close(): void {
    this.#isClosed = true
    this.#cluster.cut(this.#lane)
  }

  /** What has arrived for these very positions. Failures are set aside: the next poll may do better. */
  #take(
    positions: readonly Position[],
    failed: Map<number, FetchResult>,
  ): Map<number, FetchResult> {
    const found = new Map<number, FetchResult>()
    for (const { partition, offset } of positions) {
      const result = this.#arrived.get(partition)
      if (result === undefined) continue
      this.#arrived.delete(partition)
      if (result.offset !== offset) continue
      const isFinal = result.error?.code === 'OFFSET_OUT_OF_RANGE'
      if (result.error !== undefined && !isFinal) failed.set(partition, result)
      else if (isFinal || result.next !== offset) found.set(partition, result)
      if (result.error === undefined) failed.delete(partition)
    }
    return found
  }

  /** Keeps a long poll under way with each broker. @returns those to wait for */
  async #poll(
    positions: readonly Position[],
    maxBytes: number,
    failed: Map<number, FetchResult>,
  ): Promise<readonly Promise<void>[]> {
    let divided: Awaited<ReturnType<typeof byLeader>>
    try {
      divided = await byLeader(this.#cluster, this.#topic, positions)
    } catch (error) {
      for (const position of positions)
        failed.set(position.partition, failure(this.#topic, position, error))
      return []
    }
    for (const position of divided.leaderless) {
      failed.set(position.partition, failure(this.#topic, position, 'it has no leader'))
    }
    return [...divided.led].map(([leader, ofLeader]) => {
      const poll = this.#polls.get(leader)
      if (poll === undefined) return this.#start(leader, ofLeader, maxBytes)
      const missing = ofLeader.filter((position) => !poll.of.some((each) => isSame(each, position)))
      // The long poll does not know of these: they look for themselves what is there already.
      if (missing.length === 0) return poll.ended
      return Promise.race([poll.ended, this.#look(leader, missing, maxBytes, poll.ended)])
    })
  }

  #start(leader: number, of: readonly Position[], maxBytes: number): Promise<void> {
    const options = { lane: this.#lane, maxBytes, waitMs: LONG_POLL_MS }
    const ended = fetchFrom(this.#cluster, this.#topic, leader, rotated(of), options).then(
      (results) => {
        this.#polls.delete(leader)
        for (const result of results) this.#arrived.set(result.partition, result)
        // Nobody asks a broker again and again that refuses one partition at once.
        const hasCome = results.some(({ next, offset }) => next !== offset)
        const hasFailed = results.some(({ error }) => error !== undefined)
        return hasFailed && !hasCome ? pause(FAILED_PAUSE_MS) : undefined
      },
    )
    this.#polls.set(leader, { ended, of })
    return ended
  }

  async #look(
    leader: number,
    positions: readonly Position[],
    maxBytes: number,
    pollEnded: Promise<void>,
  ): Promise<void> {
    const options = { lane: 'look', maxBytes, waitMs: 0 }
    const results = await fetchFrom(this.#cluster, this.#topic, leader, positions, options)
    let hasCome = false
    for (const result of results) {
      if (result.next === result.offset) continue
      this.#arrived.set(result.partition, result)
      hasCome = true
    }
    if (!hasCome) await pollEnded
  }
}

let turn = 0

/** A broker fills its answer in the order of the request: each partition is first in turn. */
function rotated(positions: readonly Position[]): readonly Position[] {
  const at = turn++ % positions.length
  return [...positions.slice(at), ...positions.slice(0, at)]
}

function isSame(one: Position, other: Position): boolean {
  return one.partition === other.partition && one.offset === other.offset
}

function failure(topic: string, position: Position, error: unknown): FetchResult {
  const { code = 'UNKNOWN', message = String(error) } = error as { code?: string; message?: string }
  return {
    ...position,
    topic,
    records: [],
    next: position.offset,
    start: 0,
    end: 0,
    error: { code, message },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Resolves with the first of these, or with nothing after `ms`. @throws the signal's reason */
async function wait<T>(
  these: readonly Promise<T>[],
  ms: number,
  signal: AbortSignal,
): Promise<T | undefined> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const aborted = () => reject(signal.reason)
  const timer = setTimeout(resolve, ms, undefined)
  signal.addEventListener('abort', aborted)
  try {
    return await Promise.race([...these, promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', aborted)
  }
}
