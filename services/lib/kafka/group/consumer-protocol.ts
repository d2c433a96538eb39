/** What a member says of itself when it joins. */
export interface Subscription {
  readonly topic: string
  /** Partitions that nobody else may have before the member joins again without them. */
  readonly owned: readonly number[]
  /** What the member calls itself. */
  readonly name: string
}

const SUBSCRIPTION_VERSION = 1
const ASSIGNMENT_VERSION = 0
const SHORT = 2
const INT = 4

/** Kafka's `ConsumerProtocolSubscription` v1; the name is its user data. */
export function writeSubscription({ topic, owned, name }: Subscription): Uint8Array {
  return Buffer.concat([
    short(SUBSCRIPTION_VERSION),
    int(1),
    text(topic),
    bytes(Buffer.from(name)),
    topicPartitions(topic, owned),
  ])
}

/**
 * What a member says of itself; `undefined` when it does not want this topic.
 * @throws RangeError when it is no subscription
 */
export function readSubscription(metadata: Uint8Array, topic: string): Subscription | undefined {
  const reader = new ProtocolReader(metadata)
  const version = reader.short()
  const topics = reader.array(() => reader.text())
  const name = reader.bytes().toString()
  const owned = version < SUBSCRIPTION_VERSION ? [] : reader.partitionsOf(topic)
  return topics.includes(topic) ? { topic, owned, name } : undefined
}

/** Kafka's `ConsumerProtocolAssignment` v0, which Kafka's own tools show. */
export function writeAssignment(topic: string, partitions: readonly number[]): Uint8Array {
  const noUserData = bytes(Buffer.alloc(0))
  return Buffer.concat([short(ASSIGNMENT_VERSION), topicPartitions(topic, partitions), noUserData])
}

/**
 * The partitions of a topic that a member was given; none where the leader said nothing.
 * @throws RangeError when it is no assignment
 */
export function readAssignment(assignment: Uint8Array, topic: string): readonly number[] {
  if (assignment.length === 0) return []
  const reader = new ProtocolReader(assignment)
  reader.short()
  return reader.partitionsOf(topic)
}

function topicPartitions(topic: string, partitions: readonly number[]): Buffer {
  return Buffer.concat([int(1), text(topic), int(partitions.length), ...partitions.map(int)])
}

function short(value: number): Buffer {
  const written = Buffer.allocUnsafe(SHORT)
  written.writeInt16BE(value)
  return written
}

function int(value: number): Buffer {
  const written = Buffer.allocUnsafe(INT)
  written.writeInt32BE(value)
  return written
}

function text(value: string): Buffer {
  const written = Buffer.from(value)
  return Buffer.concat([short(written.length), written])
}

function bytes(value: Buffer): Buffer {
  return Buffer.concat([int(value.length), value])
}

class ProtocolReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  short(): number {
    this.#at += SHORT
    return this.#bytes.readInt16BE(this.#at - SHORT)
  }

  text(): string {
    return this.#take(this.short()).toString()
  }

  /** Null is as good as empty. */
  bytes(): Buffer {
    return this.#take(Math.max(0, this.#int()))
  }

  array<T>(read: () => T): T[] {
    const values: T[] = []
    for (let left = this.#int(); left > 0; left--) values.push(read())
    return values
  }

  /** Reads partitions by topic, and gives those of one. */
  partitionsOf(topic: string): readonly number[] {
    const topics = this.array(() => [this.text(), this.array(() => this.#int())] as const)
    return topics.find(([name]) => name === topic)?.[1] ?? []
  }

  #int(): number {
    this.#at += INT
    return this.#bytes.readInt32BE(this.#at - INT)
  }

  #take(length: number): Buffer {
    this.#at += length
    if (length < 0 || this.#at > this.#bytes.length) {
      throw new RangeError(`Not of Kafka's consumer protocol: ${length} bytes are not there`)
    }
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}
