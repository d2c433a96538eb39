import { atMost } from '#time/at-most.ts'
import type { Clock } from '#time/clock.ts'
import type { GroupConnection, JoinedGroup } from '../kafka-cluster.ts'
import { isPassing } from '../retry-kafka.ts'
import { groupFailure } from './group-failure.ts'
import { Lease } from './lease.ts'

const PROTOCOL = 'sluice-cooperative'
/** For the request that says good-bye. */
const LEAVE_MS = 3000

export interface GroupSessionParts {
  readonly connection: GroupConnection
  /** What to ask for, and what then, where the broker does not allow it. At least one. */
  readonly timeoutsMs: readonly number[]
  /** How long the group waits for a member that is to join again, in milliseconds. */
  readonly rebalanceTimeoutMs: number
  readonly clock: Clock
  /** Milliseconds of a clock that never jumps. */
  readonly monotonic: () => number
}

/**
 * What the coordinator knows of one member, and how long it stands by that: the requests of a
 * membership, one at a time. Rejections are the connection's.
 */
export class GroupSession {
  readonly #parts: GroupSessionParts
  readonly #lease: Lease
  #timeoutsTried = 0
  /** Empty: the coordinator knows of none. */
  #memberId = ''
  #generation = 0

  constructor(parts: GroupSessionParts) {
    this.#parts = parts
    this.#lease = new Lease(parts.monotonic)
  }

  /** Whether the coordinator cannot have given this member's place to others yet. */
  get holds(): boolean {
    return this.#lease.holds
  }

  /** Becomes a member of the group's next generation. Waits for the others. */
  async join(metadata: Uint8Array): Promise<JoinedGroup> {
    const { connection, rebalanceTimeoutMs } = this.#parts
    const joined = await this.#confirmed(() =>
      connection.join({
        memberId: this.#memberId,
        sessionTimeoutMs: this.#timeoutMs,
        rebalanceTimeoutMs,
        protocol: PROTOCOL,
        metadata,
      }),
    )
    this.#memberId = joined.memberId
    this.#generation = joined.generation
    return joined
  }

  /** Learns what this member gets. @param assignments - what everybody gets, from the leader */
  sync(assignments: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
    const { connection } = this.#parts
    const memberId = this.#memberId
    return this.#confirmed(() =>
      connection.sync({ memberId, generation: this.#generation, assignments }),
    )
  }

  /** Says that this member is alive. Resolves with false when all are to join again. */
  heartbeat(): Promise<boolean> {
    const { connection } = this.#parts
    const heartbeat = { memberId: this.#memberId, generation: this.#generation }
    return this.#confirmed(async () => {
      try {
        await connection.heartbeat(heartbeat)
        return true
      } catch (error) {
        // It counts as heard of all the same.
        if (groupFailure(error) === 'rebalance') return false
        throw error
      }
    })
  }

  /** Asks for a longer session from now on. False when there is none to be asked for. */
  lengthen(): boolean {
    if (this.#timeoutsTried + 1 >= this.#parts.timeoutsMs.length) return false
    this.#timeoutsTried++
    return true
  }

  /** The coordinator does not stand by anything any more. */
  end(): void {
    this.#lease.end()
  }

  /**
   * Is no member any more; joins as a new one. The group is told, so that it does not wait for the
   * old one: best effort, within 3 s. The session that ends by itself does the same.
   */
  async leave(): Promise<void> {
    const { connection, clock } = this.#parts
    const memberId = this.#memberId
    this.end()
    this.#memberId = ''
    if (memberId === '') return
    const left = connection.leave(memberId).catch(async (error: unknown) => {
      // A coordinator that has just moved is found by asking again.
      if (isPassing(error)) await connection.leave(memberId)
    })
    await atMost(LEAVE_MS, left, clock).catch(() => undefined)
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await this.#parts.connection.close().catch(() => undefined)
  }

  get #timeoutMs(): number {
    return this.#parts.timeoutsMs[this.#timeoutsTried] ?? 0
  }

  async #confirmed<T>(ask: () => Promise<T>): Promise<T> {
    const timeoutMs = this.#timeoutMs
    const sentAt = this.#parts.monotonic()
    const answer = await ask()
    this.#lease.confirm(sentAt, timeoutMs)
    return answer
  }
}
