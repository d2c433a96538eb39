import type { PartitionCursor, TriggerCursor } from '#cursors/cursors.ts'
import type { PartitionCursors } from '#cursors/kafka/partition-cursors.ts'

export const TRIGGERS = ['a', 'b', 'quiet'] as const
export type TriggerName = (typeof TRIGGERS)[number]

/** Which event a Trigger lets pass. */
export function matches(trigger: TriggerName, offset: number): boolean {
  if (trigger === 'a') return offset % 2 === 0
  return trigger === 'b' ? offset % 3 === 0 : offset % 17 === 5
}

interface Place {
  /** See `TriggerCursor.next`. */
  next: number | undefined
  readonly open: Set<number>
}

/**
 * What a dispatcher does with a partition, without events and subscribers: it judges, delivers and
 * saves as the real one does, and goes on doing so after another one took over.
 */
export class ModelledOwner {
  readonly #cursors: PartitionCursors
  readonly #delivered: Set<string>
  readonly #places = new Map<TriggerName, Place>()
  readonly #changed = new Set<TriggerName>()
  #shared = 0
  #isSharedChanged = false

  /** `delivered` holds `<trigger>@<offset>` of all owners. */
  constructor(cursors: PartitionCursors, delivered: Set<string>) {
    this.#cursors = cursors
    this.#delivered = delivered
  }

  get shared(): number {
    return this.#shared
  }

  async takeOver(): Promise<void> {
    const loaded = await this.#cursors.load()
    this.#shared = loaded?.shared.offset ?? 0
    for (const name of TRIGGERS) this.#places.set(name, placeOf(loaded?.triggers.get(name)))
    this.#saveAll()
  }

  /** Reads on for all Triggers that are attached. */
  judge(count: number): void {
    for (let offset = this.#shared; offset < this.#shared + count; offset++) {
      for (const [name, { next, open }] of this.#places) {
        if ((next !== undefined && offset < next) || this.#isDetached(name)) continue
        if (!matches(name, offset)) continue
        open.add(offset)
        this.#changed.add(name)
      }
    }
    for (const [name, place] of this.#places) {
      if (place.next === undefined || this.#isDetached(name)) continue
      if (place.next > this.#shared + count) continue
      place.next = undefined
      this.#changed.add(name)
    }
    this.#shared += count
    this.#isSharedChanged = true
  }

  /** A Trigger stops reading along. */
  detach(name: TriggerName): void {
    const place = this.#place(name)
    if (place.next !== undefined) return
    place.next = this.#shared
    this.#changed.add(name)
  }

  /** A Trigger that is behind reads on by itself. */
  catchUp(name: TriggerName, count: number): void {
    const place = this.#place(name)
    for (let read = 0; read < count && place.next !== undefined; read++) {
      if (place.next >= this.#shared) return
      if (matches(name, place.next)) place.open.add(place.next)
      place.next++
      this.#changed.add(name)
    }
  }

  deliver(name: TriggerName, which: number): void {
    const open = [...this.#place(name).open]
    const offset = open[which % open.length]
    if (offset === undefined) return
    this.#delivered.add(`${name}@${offset}`)
    this.#place(name).open.delete(offset)
    this.#changed.add(name)
  }

  /** Saves what has changed; all of it again where somebody else has saved. */
  async save(): Promise<void> {
    const changed = [...this.#changed]
    const isSharedChanged = this.#isSharedChanged
    this.#changed.clear()
    this.#isSharedChanged = false
    try {
      const { contested } = await this.#cursors.save({
        ...(isSharedChanged
          ? { shared: { offset: this.#shared, mark: `m${this.#shared}`, partitions: 1 } }
          : {}),
        triggers: new Map(changed.map((name) => [name, this.#cursor(name)])),
      })
      if (contested) this.#saveAll()
    } catch {
      for (const name of changed) this.#changed.add(name)
      this.#isSharedChanged ||= isSharedChanged
    }
  }

  #cursor(name: TriggerName): TriggerCursor {
    const { next, open } = this.#place(name)
    return { next, open: [...open].toSorted((a, b) => a - b), specs: [] }
  }

  #saveAll(): void {
    for (const name of TRIGGERS) this.#changed.add(name)
    this.#isSharedChanged = true
  }

  #isDetached(name: TriggerName): boolean {
    const { next } = this.#place(name)
    return next !== undefined && next < this.#shared
  }

  #place(name: TriggerName): Place {
    const place = this.#places.get(name)
    if (place === undefined) throw new RangeError(`no Trigger ${name}`)
    return place
  }
}

function placeOf(cursor: TriggerCursor | undefined): Place {
  return { next: cursor?.next, open: new Set(cursor?.open) }
}

/** Deliveries below `end` that nobody has made and whoever loads `cursor` would never make. */
export function lostBy(
  cursor: PartitionCursor | undefined,
  delivered: ReadonlySet<string>,
  end: number,
): readonly string[] {
  const lost: string[] = []
  for (const name of TRIGGERS) {
    const place = cursor?.triggers.get(name)
    const next = place?.next ?? cursor?.shared.offset ?? 0
    for (let offset = 0; offset < Math.min(end, next); offset++) {
      const isDone = delivered.has(`${name}@${offset}`) || place?.open.includes(offset)
      if (matches(name, offset) && !isDone) lost.push(`${name}@${offset}`)
    }
  }
  return lost
}
