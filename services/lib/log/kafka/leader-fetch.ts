import type { FetchOptions, FetchResult, KafkaCluster } from '#kafka/kafka-cluster.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import type { Position } from '../event-log.ts'

/** What belongs to one broker, and what belongs to none right now. */
export interface ByLeader {
  readonly led: ReadonlyMap<number, readonly Position[]>
  readonly leaderless: readonly Position[]
}

/**
 * Divides positions among the brokers that lead their partitions.
 * @throws KafkaError when the topic cannot be asked for
 */
export async function byLeader(
  cluster: Pick<KafkaCluster, 'partitions' | 'forget'>,
  topic: string,
  positions: readonly Position[],
): Promise<ByLeader> {
  const leaders = new Map(
    (await cluster.partitions(topic)).map(({ partition, leader }) => [partition, leader]),
  )
  const led = new Map<number, Position[]>()
  const leaderless: Position[] = []
  for (const position of positions) {
    const leader = leaders.get(position.partition)
    const others = leader === undefined ? leaderless : led.get(leader)
    if (others !== undefined) others.push(position)
    else if (leader !== undefined) led.set(leader, [position])
  }
  if (leaderless.length > 0) cluster.forget(topic)
  return { led, leaderless }
}

/** One fetch from one broker. A request that fails is a failure of each of its partitions. */
export async function fetchFrom(
  cluster: Pick<KafkaCluster, 'fetch' | 'forget'>,
  topic: string,
  leader: number,
  positions: readonly Position[],
  options: FetchOptions,
): Promise<readonly FetchResult[]> {
  const from = positions.map(({ partition, offset }) => ({ topic, partition, offset }))
  try {
    return await cluster.fetch(leader, from, options)
  } catch (error) {
    cluster.forget(topic)
    const failure =
      error instanceof KafkaError ? error : { code: 'UNKNOWN', message: String(error) }
    return from.map((position) => ({
      ...position,
      records: [],
      next: position.offset,
      start: 0,
      end: 0,
      error: failure,
    }))
  }
}
