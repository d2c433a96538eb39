import { hash } from 'node:crypto'

/** The hash of (Broker, source, id): 16 characters of one byte each, so that it is a Map's key too. */
export type IdHash = string

const IDS = 1_000_000
const WORDS = 4

/**
 * Remembers the ids of the latest events: exact 128-bit keyed hashes with the time of each, at most
 * `capacity` of them, some 31 bytes each. Whoever does not know the key cannot make two ids collide.
 *
 * The entries are a ring in the order they were added; an open-addressing index with linear probing
 * leads from a hash to its latest entry. All of it lies in typed arrays, whose memory the system
 * provides as it is first touched.
 */
export class RecentIds {
  readonly #key: string
  readonly #capacity: number
  readonly #hashes: Uint32Array
  readonly #times: Float64Array
  /** 0 is empty; otherwise one more than the entry's place in the ring. Never more than half full. */
  readonly #index: Uint32Array
  readonly #mask: number
  /** The hash that is being looked at, as words. */
  readonly #words = new Uint32Array(WORDS)
  /** Where the next entry goes in the ring. */
  #head = 0
  #added = 0
  #size = 0
  #forgotten = 0

  /** `key`: 16 random bytes or more, secret. */
  constructor(key: Uint8Array, capacity = IDS) {
    this.#key = Buffer.from(key).toString('base64')
    this.#capacity = capacity
    this.#hashes = new Uint32Array(capacity * WORDS)
    this.#times = new Float64Array(capacity)
    const places = 2 ** Math.ceil(Math.log2(capacity * 2))
    this.#index = new Uint32Array(places)
    this.#mask = places - 1
  }

  /** How many ids are remembered, those included whose window has passed. */
  get size(): number {
    return this.#size
  }

  /** How many ids had to make room before their window had passed. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** What an event is recognised by; lengths keep the three apart, whatever they contain. */
  hash(broker: string, source: string, id: string): IdHash {
    const text = `${this.#key}${broker.length}:${source.length}:${broker}${source}${id}`
    return hash('sha256', text, 'binary').slice(0, 16)
  }

  /** Whether the id was last added less than `windowMs` before `nowMs`. */
  seen(hash: IdHash, nowMs: number, windowMs: number): boolean {
    this.#load(hash)
    const entry = this.#index[this.#find()]
    if (entry === undefined || entry === 0) return false
    return nowMs - (this.#times[entry - 1] ?? 0) < windowMs
  }

  /**
   * Remembers the id from now on. Where there is no room, the oldest goes; it counts as forgotten
   * when it was added less than `windowMs` before `nowMs`.
   */
  add(hash: IdHash, nowMs: number, windowMs: number): void {
    if (this.#added === this.#capacity) this.#forgetOldest(nowMs, windowMs)
    else this.#added += 1
    this.#load(hash)
    this.#store(this.#head * WORDS)
    this.#times[this.#head] = nowMs
    const place = this.#find()
    if (this.#index[place] === 0) this.#size += 1
    this.#index[place] = this.#head + 1
    this.#head = this.#head + 1 === this.#capacity ? 0 : this.#head + 1
  }

  /** Takes the ring's oldest entry out of the index, unless its id was added again since. */
  #forgetOldest(nowMs: number, windowMs: number): void {
    const start = this.#head * WORDS
    for (let word = 0; word < WORDS; word++) {
      this.#words[word] = this.#hashes[start + word] ?? 0
    }
    const place = this.#find()
    if (this.#index[place] !== this.#head + 1) return
    if (nowMs - (this.#times[this.#head] ?? 0) < windowMs) this.#forgotten += 1
    this.#remove(place)
    this.#size -= 1
  }

  #load(hash: IdHash): void {
    for (let word = 0, at = 0; word < WORDS; word++, at += 4) {
      this.#words[word] =
        hash.charCodeAt(at) |
        (hash.charCodeAt(at + 1) << 8) |
        (hash.charCodeAt(at + 2) << 16) |
        (hash.charCodeAt(at + 3) << 24)
    }
  }

  #store(start: number): void {
    for (let word = 0; word < WORDS; word++) {
      this.#hashes[start + word] = this.#words[word] ?? 0
    }
  }

  /** The place in the index of the hash in `#words`, or the empty place where it would go. */
  #find(): number {
    const words = this.#words
    const hashes = this.#hashes
    let place = (words[0] ?? 0) & this.#mask
    for (;;) {
      const entry = this.#index[place]
      if (entry === undefined || entry === 0) return place
      const at = (entry - 1) * WORDS
      if (
        hashes[at] === words[0] &&
        hashes[at + 1] === words[1] &&
        hashes[at + 2] === words[2] &&
        hashes[at + 3] === words[3]
      ) {
        return place
      }
      place = (place + 1) & this.#mask
    }
  }

  /** Empties a place and moves back whatever had been pushed past it, so that no gap hides it. */
  #remove(place: number): void {
    let gap = place
    let next = place
    for (;;) {
      next = (next + 1) & this.#mask
      const entry = this.#index[next]
      if (entry === undefined || entry === 0) break
      const home = (this.#hashes[(entry - 1) * WORDS] ?? 0) & this.#mask
      const pushed = (next - home) & this.#mask
      if (pushed < ((next - gap) & this.#mask)) continue
      this.#index[gap] = entry
      gap = next
    }
    this.#index[gap] = 0
  }
}
