import { type GroupWorld, type TestMember, wait } from './group-world.ts'
import type { memoryPlace } from './memory-place.ts'

const MAX_MEMBERS = 6

/** Joins, leaves, deaths and all kinds of bad luck. */
export class Chaos {
  readonly #world: GroupWorld
  readonly #memory: ReturnType<typeof memoryPlace>
  readonly #random: () => number
  readonly #gone = new Set<TestMember>()
  #names = 0

  constructor(world: GroupWorld, memory: ReturnType<typeof memoryPlace>, random: () => number) {
    this.#world = world
    this.#memory = memory
    this.#random = random
  }

  hasGone(member: TestMember): boolean {
    return this.#gone.has(member)
  }

  step(): void {
    const living = this.#world.members.filter((member) => !this.#gone.has(member))
    const one = living[Math.floor(this.#random() * living.length)]
    if (one === undefined || (living.length < MAX_MEMBERS && this.#random() < 0.2)) {
      this.#join()
      return
    }
    const luck = this.#random()
    if (luck < 0.1) this.#leave(one)
    else if (luck < 0.2) this.#die(one)
    else if (luck < 0.4) one.connection.stop()
    else if (luck < 0.6) one.connection.goOn()
    else if (luck < 0.7) one.connection.cut()
    else if (luck < 0.85) one.connection.mend()
    else if (luck < 0.9) one.revokeMs = this.#random() * 4000
    else if (luck < 0.92) one.assignMs = this.#random() * 1000
    else if (luck < 0.95) this.#memory.coordinator.goAway()
    else if (luck < 0.98) this.#memory.coordinator.comeBack()
    else this.#memory.topic.partitions++
  }

  /** From now on all goes well. */
  mend(): void {
    this.#memory.coordinator.comeBack()
    this.#join()
    for (const member of this.#world.members) {
      member.revokeMs = 0
      if (member.isDead) continue
      member.connection.goOn()
      member.connection.mend()
    }
  }

  #join(): void {
    const { clock } = this.#memory
    const latency = () => wait(clock, Math.floor(this.#random() * 4) * 10)
    const member = this.#world.add(`m${++this.#names}`, { latency })
    member.member.join().catch(() => this.#gone.add(member))
  }

  #leave(member: TestMember): void {
    this.#gone.add(member)
    void member.member.leave()
  }

  #die(member: TestMember): void {
    this.#gone.add(member)
    member.die()
  }
}
