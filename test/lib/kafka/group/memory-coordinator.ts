import type { GroupConnection, JoinedGroup } from '#kafka/kafka-cluster.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import type { Cancel, Clock } from '#time/clock.ts'

type JoinOptions = Parameters<GroupConnection['join']>[0]
type SyncOptions = Parameters<GroupConnection['sync']>[0]

interface Member {
  readonly id: string
  metadata: Uint8Array
  sessionMs: number
  rebalanceMs: number
  joining: PromiseWithResolvers<JoinedGroup> | undefined
  syncing: PromiseWithResolvers<Uint8Array> | undefined
  stopSession: Cancel
}

/** What a coordinator writes down. */
interface Kept {
  readonly generation: number
  readonly leader: string
  readonly members: readonly Member[]
  readonly assignments: ReadonlyMap<string, Uint8Array>
}

/**
 * One group, as Kafka's classic coordinator keeps it: a join waits until all members have joined
 * again or the rebalance time-out has ended, a member that says nothing for its session is removed,
 * and whoever is behind is told so.
 */
export class MemoryCoordinator {
  /** The broker's `group.min.session.timeout.ms`. */
  minSessionMs = 1000
  generation = 0
  state: 'empty' | 'joining' | 'syncing' | 'stable' = 'empty'
  leader = ''
  readonly members = new Map<string, Member>()
  readonly #clock: Clock
  #assignments: ReadonlyMap<string, Uint8Array> = new Map()
  #stopRebalance: Cancel = () => undefined
  #ids = 0
  #isAway = false
  #kept: Kept = { generation: 0, leader: '', members: [], assignments: new Map() }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  connect(clientId: string): GroupConnection {
    return {
      join: (options) => this.#answer(() => this.#join(clientId, options)),
      sync: (options) => this.#answer(() => this.#sync(options)),
      heartbeat: ({ memberId, generation }) =>
        this.#answer(() => this.#heartbeat(memberId, generation)),
      leave: (memberId) => this.#answer(() => this.#leave(memberId)),
      close: async () => {},
    }
  }

  /** Its broker is dead: nobody is answered, and no session ends. */
  goAway(): void {
    if (this.#isAway) return
    this.#isAway = true
    this.#stopRebalance()
    for (const { stopSession, joining, syncing } of this.members.values()) {
      stopSession()
      joining?.reject(failure('CONNECTION'))
      syncing?.reject(failure('CONNECTION'))
    }
    this.members.clear()
  }

  /** Another broker has read what was kept: the last generation that was divided. Sessions begin anew. */
  comeBack(): void {
    if (!this.#isAway) return
    this.#isAway = false
    const { generation, leader, members, assignments } = this.#kept
    this.generation = generation
    this.leader = leader
    this.#assignments = assignments
    this.state = members.length === 0 ? 'empty' : 'stable'
    for (const member of members) {
      this.members.set(member.id, member)
      this.#touch(member)
    }
  }

  /** As after a coordinator has lost what it knew. */
  forgetAll(): void {
    for (const member of this.members.values()) this.#remove(member)
    this.#stopRebalance()
    this.state = 'empty'
    this.#keep()
  }

  async #answer<T>(answer: () => Promise<T>): Promise<T> {
    if (this.#isAway) throw failure('COORDINATOR_NOT_AVAILABLE')
    return answer()
  }

  async #join(clientId: string, options: JoinOptions): Promise<JoinedGroup> {
    const { memberId, sessionTimeoutMs, rebalanceTimeoutMs, metadata } = options
    if (sessionTimeoutMs < this.minSessionMs) throw failure('INVALID_SESSION_TIMEOUT')
    const known = memberId === '' ? undefined : this.#member(memberId)
    if (known !== undefined && !known.joining && this.#needsNoRebalance(known, metadata)) {
      return this.#joined(known)
    }
    const member = known ?? this.#add(clientId)
    member.metadata = metadata
    member.sessionMs = sessionTimeoutMs
    member.rebalanceMs = rebalanceTimeoutMs
    member.stopSession()
    const joining = Promise.withResolvers<JoinedGroup>()
    member.joining = joining
    this.#prepareRebalance()
    this.#completeJoin(false)
    return joining.promise
  }

  #needsNoRebalance(member: Member, metadata: Uint8Array): boolean {
    const isSame = Buffer.compare(metadata, member.metadata) === 0
    if (this.state === 'syncing') return isSame
    return this.state === 'stable' && isSame && member.id !== this.leader
  }

  async #sync({ memberId, generation, assignments }: SyncOptions): Promise<Uint8Array> {
    const member = this.#member(memberId, generation)
    if (this.state === 'joining') throw failure('REBALANCE_IN_PROGRESS')
    this.#touch(member)
    if (this.state === 'syncing') {
      const syncing = Promise.withResolvers<Uint8Array>()
      member.syncing = syncing
      member.stopSession()
      if (memberId === this.leader) this.#assign(assignments)
      return syncing.promise
    }
    return this.#assignments.get(memberId) ?? new Uint8Array()
  }

  async #heartbeat(memberId: string, generation: number): Promise<void> {
    this.#touch(this.#member(memberId, generation))
    if (this.state === 'joining') throw failure('REBALANCE_IN_PROGRESS')
  }

  async #leave(memberId: string): Promise<void> {
    this.#remove(this.#member(memberId))
  }

  #add(clientId: string): Member {
    const member: Member = {
      id: `${clientId}-${++this.#ids}`,
      metadata: new Uint8Array(),
      sessionMs: 0,
      rebalanceMs: 0,
      joining: undefined,
      syncing: undefined,
      stopSession: () => undefined,
    }
    this.members.set(member.id, member)
    return member
  }

  #member(memberId: string, generation = this.generation): Member {
    const member = this.members.get(memberId)
    if (member === undefined) throw failure('UNKNOWN_MEMBER_ID')
    if (generation !== this.generation) throw failure('ILLEGAL_GENERATION')
    return member
  }

  #prepareRebalance(): void {
    if (this.state === 'joining') return
    this.state = 'joining'
    for (const member of this.members.values()) {
      member.syncing?.reject(failure('REBALANCE_IN_PROGRESS'))
      if (member.syncing !== undefined) this.#touch(member)
      member.syncing = undefined
    }
    const longest = Math.max(0, ...[...this.members.values()].map((each) => each.rebalanceMs))
    this.#stopRebalance = this.#clock.after(longest, () => this.#completeJoin(true))
  }

  #completeJoin(isOver: boolean): void {
    const missing = [...this.members.values()].filter(({ joining }) => joining === undefined)
    if (this.state !== 'joining' || (missing.length > 0 && !isOver)) return
    this.#stopRebalance()
    for (const { id, stopSession } of missing) {
      stopSession()
      this.members.delete(id)
    }
    const [first] = this.members.keys()
    if (!this.members.has(this.leader)) this.leader = first ?? ''
    this.state = first === undefined ? 'empty' : 'syncing'
    this.generation++
    if (first === undefined) this.#keep()
    for (const member of this.members.values()) {
      member.joining?.resolve(this.#joined(member))
      member.joining = undefined
      this.#touch(member)
    }
  }

  #joined({ id }: Member): JoinedGroup {
    const isLeader = id === this.leader
    const members = [...this.members.values()].map((each) => ({
      memberId: each.id,
      metadata: each.metadata,
    }))
    return {
      memberId: id,
      generation: this.generation,
      leaderId: this.leader,
      members: isLeader ? members : [],
    }
  }

  #assign(assignments: ReadonlyMap<string, Uint8Array>): void {
    this.state = 'stable'
    this.#assignments = assignments
    this.#keep()
    for (const member of this.members.values()) {
      member.syncing?.resolve(assignments.get(member.id) ?? new Uint8Array())
      if (member.syncing !== undefined) this.#touch(member)
      member.syncing = undefined
    }
  }

  #keep(): void {
    const members = [...this.members.values()].map((member) => ({
      ...member,
      joining: undefined,
      syncing: undefined,
    }))
    const { generation, leader } = this
    this.#kept = { generation, leader, members, assignments: this.#assignments }
  }

  #touch(member: Member): void {
    member.stopSession()
    member.stopSession = this.#clock.after(member.sessionMs, () => this.#remove(member))
  }

  #remove(member: Member): void {
    member.stopSession()
    this.members.delete(member.id)
    member.joining?.reject(failure('UNKNOWN_MEMBER_ID'))
    member.syncing?.reject(failure('UNKNOWN_MEMBER_ID'))
    if (this.state === 'joining') this.#completeJoin(false)
    else this.#prepareRebalance()
    if (this.members.size === 0) this.#completeJoin(true)
  }
}

function failure(code: string): KafkaError {
  return new KafkaError(code, `the coordinator says ${code}`)
}
