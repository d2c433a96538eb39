import type { Membership, PartitionOwner } from '#log/event-log.ts'

/** One process in a group: what a test does to it. */
export class HandMember implements Membership {
  /** What it holds, from the moment it is told until it has given it back. */
  readonly held = new Set<number>()
  readonly #owner: PartitionOwner
  may = true
  hasLeft = false

  constructor(owner: PartitionOwner) {
    this.#owner = owner
  }

  mayDeliver(): boolean {
    return this.may
  }

  async assign(...partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) this.held.add(partition)
    await this.#owner.assigned(partitions)
  }

  async revoke(...partitions: readonly number[]): Promise<void> {
    await this.#owner.revoked(partitions)
    for (const partition of partitions) this.held.delete(partition)
  }

  async leave(): Promise<void> {
    this.hasLeft = true
    await this.revoke(...this.held)
  }
}

/** Processes that share a log's partitions. Each begins with what `first` says, and goes on as the test says. */
export class HandGroup {
  readonly members: HandMember[] = []
  readonly #first: (member: number) => readonly number[]

  constructor(first: (member: number) => readonly number[] = () => []) {
    this.#first = first
  }

  async join(owner: PartitionOwner): Promise<Membership> {
    const member = new HandMember(owner)
    this.members.push(member)
    await member.assign(...this.#first(this.members.length - 1))
    return member
  }

  member(number: number): HandMember {
    const member = this.members[number]
    if (member === undefined) throw new RangeError(`There is no member ${number}`)
    return member
  }
}
