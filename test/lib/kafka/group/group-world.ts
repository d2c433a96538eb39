import { GroupMember } from '#kafka/group/group-member.ts'
import type { GroupConnection } from '#kafka/kafka-cluster.ts'
import { createLogger } from '#telemetry/logger.ts'
import type { Clock } from '#time/clock.ts'
import { BreakableConnection } from './breakable-connection.ts'

/** Where members of a group live in a test. */
export interface GroupPlace {
  readonly topic: string
  readonly clock: Clock
  /** Milliseconds, never jumping. */
  now(): number
  connect(clientId: string): GroupConnection
  partitionCount(): Promise<number>
  /** Lets time pass until that is so. Rejects when it is not within a minute. */
  until(what: string, condition: () => boolean): Promise<void>
  pass(ms: number): Promise<void>
}

export interface MemberOptions {
  readonly sessionTimeoutsMs?: readonly number[]
  readonly latency?: () => Promise<void>
}

/** A process of a test: a member of the group, and what its owner was told. */
export class TestMember {
  readonly name: string
  readonly connection: BreakableConnection
  readonly member: GroupMember
  /** `+0 1` for assigned, `-0` for revoked when it begins. */
  readonly told: string[] = []
  /** From the call of `assigned` until `revoked` has ended. */
  readonly owned = new Set<number>()
  /** How long `revoked` takes. */
  revokeMs = 0
  assignMs = 0
  /** What the next calls of `assigned` reject with. */
  readonly refusals: Error[] = []
  isDead = false
  calls = 0
  readonly #place: GroupPlace
  readonly #check: () => void

  constructor(name: string, place: GroupPlace, check: () => void, options: MemberOptions = {}) {
    const { sessionTimeoutsMs, latency } = options
    this.name = name
    this.#place = place
    this.#check = check
    this.connection = new BreakableConnection(place.connect(name), latency)
    this.member = new GroupMember({
      connection: this.connection,
      topic: place.topic,
      clientId: name,
      partitionCount: () => place.partitionCount(),
      clock: place.clock,
      monotonic: () => place.now(),
      logger: createLogger({ level: 'silent', name: 'test' }),
      owner: {
        assigned: (partitions) => this.#alone(() => this.#assigned(partitions)),
        revoked: (partitions) => this.#alone(() => this.#revoked(partitions)),
      },
      ...(sessionTimeoutsMs === undefined ? {} : { sessionTimeoutsMs }),
    })
  }

  /** As `kill -9`: never says anything again. */
  die(): void {
    this.isDead = true
    this.connection.stop()
  }

  async #assigned(partitions: readonly number[]): Promise<void> {
    this.told.push(`+${partitions.join(' ')}`)
    const refusal = this.refusals.shift()
    if (refusal !== undefined) throw refusal
    for (const partition of partitions) this.owned.add(partition)
    this.#check()
    await wait(this.#place.clock, this.assignMs)
  }

  async #revoked(partitions: readonly number[]): Promise<void> {
    this.told.push(`-${partitions.join(' ')}`)
    await wait(this.#place.clock, this.revokeMs)
    for (const partition of partitions) this.owned.delete(partition)
  }

  async #alone(call: () => Promise<void>): Promise<void> {
    this.calls++
    if (this.calls > 1) throw new Error(`${this.name}: two calls at a time`)
    await call().finally(() => this.calls--)
  }
}

/** Several members of one group, watched: what must never be is in `faults`. */
export class GroupWorld {
  readonly members: TestMember[] = []
  readonly faults: string[] = []
  readonly place: GroupPlace

  constructor(place: GroupPlace) {
    this.place = place
  }

  add(name: string, options?: MemberOptions): TestMember {
    const member = new TestMember(name, this.place, () => this.check(), options)
    this.members.push(member)
    return member
  }

  /** A member that has joined. */
  async join(name: string, options?: MemberOptions): Promise<TestMember> {
    const member = this.add(name, options)
    await this.done(member.member.join())
    return member
  }

  /** Lets time pass until that has happened. */
  async done<T>(promise: Promise<T>): Promise<T> {
    let isDone = false
    const end = () => {
      isDone = true
    }
    promise.then(end, end)
    await this.until('it is done', () => isDone)
    return promise
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    await this.place.until(what, () => {
      this.check()
      return condition()
    })
  }

  /** Passes time until each partition has one owner, the shares are equal, and nothing moves. */
  async settled(members: readonly TestMember[], count: number): Promise<void> {
    const what = `${members.map(({ name }) => name).join(', ')} share ${count}`
    await this.until(what, () => isDivided(members, count))
  }

  /** No two members deliver from a partition, even where one of them does not know it yet. */
  check(): void {
    const owners = new Map<number, string>()
    for (const { name, owned, member, isDead } of this.members) {
      if (isDead || !member.mayDeliver()) continue
      for (const partition of owned) {
        const other = owners.get(partition)
        if (other !== undefined) {
          this.faults.push(`${partition} is ${other}'s and ${name}'s at ${this.place.now()}`)
        }
        owners.set(partition, name)
      }
    }
  }

  async close(): Promise<void> {
    for (const { connection } of this.members) connection.goOn()
    await this.done(Promise.all(this.members.map(({ member }) => member.leave())))
  }
}

export function isDivided(members: readonly TestMember[], count: number): boolean {
  const all = members.flatMap(({ owned }) => [...owned])
  const sizes = members.map(({ owned }) => owned.size)
  return (
    all.length === count &&
    new Set(all).size === count &&
    Math.max(...sizes) - Math.min(...sizes) <= 1 &&
    members.every(({ calls, member }) => calls === 0 && member.mayDeliver())
  )
}

export async function wait(clock: Clock, ms: number): Promise<void> {
  if (ms === 0) return
  const { promise, resolve } = Promise.withResolvers<void>()
  clock.after(ms, resolve)
  await promise
}
