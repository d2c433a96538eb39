import type { Logger } from '#telemetry/logger.ts'
import { atMost } from '#time/at-most.ts'
import type { Cancel, Clock } from '#time/clock.ts'
import type { GroupConnection, GroupMemberInfo, JoinedGroup } from '../kafka-cluster.ts'
import { KafkaError } from '../kafka-error.ts'
import { assignPartitions } from './assign-partitions.ts'
import {
  readAssignment,
  readSubscription,
  writeAssignment,
  writeSubscription,
} from './consumer-protocol.ts'
import { groupFailure } from './group-failure.ts'
import { GroupSession } from './group-session.ts'
import { HeldPartitions } from './held-partitions.ts'
import { PartitionCount } from './partition-count.ts'
import type { PartitionOwner } from './partition-owner.ts'

/** Short, so that a dead member is missed soon; 6 s is the least that a broker allows by default. */
const SESSION_TIMEOUTS_MS = [2000, 6000, 10_000, 30_000]
const HEARTBEAT_MS = 300
const REBALANCE_TIMEOUT_MS = 10_000
const SLOWEST_RETRY_MS = 1000
/** A new group waits 3 s for more members, a dead member is waited for during its session. */
const JOIN_MS = 15_000
/** For a request under way to end. */
const LEAVE_MS = 3000

export interface GroupMemberOptions {
  /** Ended by `leave`. */
  readonly connection: GroupConnection
  readonly topic: string
  /** What other members may call this one. */
  readonly clientId: string
  /** Asks the cluster how many partitions the topic has now. */
  readonly partitionCount: () => Promise<number>
  readonly owner: PartitionOwner
  readonly clock: Clock
  readonly logger: Logger
  /** What to ask for, and what then, where the broker does not allow it. */
  readonly sessionTimeoutsMs?: readonly number[]
  /** Milliseconds of a clock that never jumps, and goes on while the process is stopped. */
  readonly monotonic?: () => number
}

/**
 * One process among those that divide a topic's partitions: a member of a classic consumer group
 * (protocol type `consumer`). No partition has two members that are alive and within their lease.
 *
 * Rebalances are cooperative: each member says what it owns, and keeps it until it is told to give
 * it back; deliveries from all other partitions go on. Heartbeats and rebalances never wait for the
 * owner, so whoever takes long to give a partition back holds up nobody else.
 */
export class GroupMember {
  readonly #options: GroupMemberOptions
  readonly #logger: Logger
  readonly #session: GroupSession
  readonly #partitions: HeldPartitions
  readonly #count: PartitionCount
  readonly #joined = Promise.withResolvers<void>()
  /** What was said to be owned when it joined last. */
  #declared: readonly number[] = []
  /** It has its assignment of this generation. */
  #isSynced = false
  #failures = 0
  #lastFailure: unknown
  #hasJoined = false
  #stopWaiting: Cancel = () => undefined
  #isGone = false
  #life: Promise<void> | undefined
  #left: Promise<void> | undefined
  #wake: () => void = () => undefined

  constructor(options: GroupMemberOptions) {
    const { connection, owner, clock, logger, partitionCount, topic } = options
    this.#options = options
    this.#logger = logger.child({ topic })
    this.#session = new GroupSession({
      connection,
      clock,
      timeoutsMs: options.sessionTimeoutsMs ?? SESSION_TIMEOUTS_MS,
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      monotonic: options.monotonic ?? (() => performance.now()),
    })
    this.#partitions = new HeldPartitions({
      owner,
      clock,
      logger: this.#logger,
      patienceMs: REBALANCE_TIMEOUT_MS,
      begun: () => this.#begun(),
      refused: (error) => this.#giveUp(error),
      released: () => this.#wake(),
    })
    this.#count = new PartitionCount({ ask: partitionCount, clock, changed: () => this.#wake() })
    // Whoever called `join` is told; where nobody did, there is nobody to tell.
    this.#joined.promise.catch(() => undefined)
  }

  /** From the call of `assigned` until `revoked` has ended. */
  get held(): ReadonlySet<number> {
    return this.#partitions.held
  }

  /**
   * Becomes a member, and stays one until `leave`, whatever happens to the cluster. Resolves when
   * the first call of `assigned` has ended, which may bring nothing yet; or when it has left.
   * @throws KafkaError when the group has said nothing within 15 s, or refuses for good
   * @throws what the first call of `assigned` was rejected with. It has left then.
   */
  join(): Promise<void> {
    if (this.#life === undefined && this.#left === undefined) {
      this.#stopWaiting = this.#options.clock.after(JOIN_MS, () => this.#giveUp(this.#lastFailure))
      this.#life = this.#live()
    }
    return this.#joined.promise
  }

  /**
   * Whether the partitions that are held cannot be anybody else's yet: asked before each delivery.
   * False as soon as two thirds of the session time-out have passed since the coordinator was last
   * heard of.
   */
  mayDeliver(): boolean {
    return this.#session.holds
  }

  /**
   * Gives all partitions back, `revoked` first, and leaves the group, so that others have them at
   * their next heartbeat. Resolves within 20 s, whatever the owner and the cluster do.
   */
  leave(): Promise<void> {
    this.#left ??= this.#leave().then(() => this.#joined.resolve())
    return this.#left
  }

  /** Never rejects. */
  async #live(): Promise<void> {
    while (!this.#isGone) {
      try {
        if (this.#mustJoin()) await this.#joinGroup()
        else this.#isSynced = await this.#session.heartbeat()
        if (this.#failures > 0) this.#logger.info('The group answers again')
        this.#failures = 0
        if (!this.#mustJoin()) await this.#pause(HEARTBEAT_MS)
      } catch (error) {
        if (!this.#isGone) await this.#recover(error)
      }
    }
    this.#count.stop()
  }

  #mustJoin(): boolean {
    if (!this.#isSynced || this.#count.hasChanged) return true
    // What was given back is free only when the others know.
    const claims = new Set(this.#partitions.claims())
    return this.#declared.some((partition) => !claims.has(partition))
  }

  async #joinGroup(): Promise<void> {
    const { topic, clientId } = this.#options
    this.#isSynced = false
    const declared = this.#partitions.claims()
    const joined = await this.#session.join(
      writeSubscription({ topic, owned: declared, name: clientId }),
    )
    this.#declared = declared
    if (!this.#isGone) await this.#sync(joined)
  }

  async #sync({ memberId, generation, leaderId, members }: JoinedGroup): Promise<void> {
    const { topic } = this.#options
    const isLeader = leaderId === memberId
    if (!isLeader) this.#count.stop()
    const assignments = isLeader ? await this.#divide(members) : new Map<string, Uint8Array>()
    const assignment = await this.#session.sync(assignments)
    this.#isSynced = true
    this.#stopWaiting()
    const partitions = readAssignment(assignment, topic)
    this.#logger.info({ partitions, generation, isLeader }, 'Partitions assigned')
    void this.#partitions.aim(partitions)
  }

  /** As the group's leader: says who gets what. */
  async #divide(members: readonly GroupMemberInfo[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const { topic } = this.#options
    const claimants = members.flatMap(({ memberId, metadata }) => {
      const subscription = readSubscription(metadata, topic)
      return subscription === undefined ? [] : [{ ...subscription, memberId }]
    })
    const owned = claimants.flatMap((claimant) => claimant.owned)
    const count = await this.#count.divide(Math.max(-1, ...owned) + 1)
    const shares = assignPartitions(claimants, count)
    const divided = claimants.map(({ name, memberId }) => [name, shares.get(memberId)])
    this.#logger.debug({ divided }, 'Partitions divided')
    return new Map(
      [...shares].map(([memberId, share]) => [memberId, writeAssignment(topic, share)]),
    )
  }

  async #recover(error: unknown): Promise<void> {
    const failure = groupFailure(error)
    if (failure === 'rebalance') this.#isSynced = false
    else if (failure !== 'session' || !this.#session.lengthen()) {
      if (failure === 'lost') await this.#lose(error)
      else this.#report(error, failure === 'passing')
      const isFirst = this.#failures++ === 0
      if (failure !== 'lost' || !isFirst) await this.#pause(this.#backOffMs)
    }
  }

  /** Others may have everything by now: it is no member any more, and becomes a new one. */
  async #lose(error: unknown): Promise<void> {
    const lost = [...this.held]
    this.#count.stop()
    this.#isSynced = false
    if (lost.length > 0) this.#logger.warn({ lost, err: error }, 'Partitions lost: away too long')
    await Promise.all([this.#partitions.clear(), this.#session.leave()])
  }

  #report(err: unknown, isPassing: boolean): void {
    this.#lastFailure = err
    if (this.#failures === 0) {
      const level = isPassing ? 'warn' : 'error'
      this.#logger[level]({ err }, 'The group does not answer well, trying again')
    }
    if (!isPassing && !this.#hasJoined) this.#giveUp(err)
  }

  /** It has not joined yet, and does not. */
  #giveUp(error: unknown): void {
    const reason = error ?? new KafkaError('REQUEST_TIMED_OUT', `No share in ${JOIN_MS} ms`)
    this.#left ??= this.#leave().then(() => this.#joined.reject(reason))
  }

  async #leave(): Promise<void> {
    this.#stopWaiting()
    await this.#partitions.close()
    this.#isGone = true
    this.#session.end()
    this.#wake()
    await atMost(LEAVE_MS, this.#life ?? Promise.resolve(), this.#options.clock)
    await this.#session.leave()
    await this.#session.close()
  }

  #begun(): void {
    this.#hasJoined = true
    this.#joined.resolve()
  }

  get #backOffMs(): number {
    return Math.min(SLOWEST_RETRY_MS, HEARTBEAT_MS * 2 ** (this.#failures - 1))
  }

  async #pause(ms: number): Promise<void> {
    if (this.#isGone) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.clock.after(ms, resolve)
    this.#wake = resolve
    await promise
    cancel()
  }
}
