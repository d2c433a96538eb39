import kafkajs from 'kafkajs'

const { Kafka, logLevel } = kafkajs

/** The id of the broker that leads a topic's first partition. */
export async function knownLeader(servers: readonly string[], topic: string): Promise<number> {
  const admin = new Kafka({ brokers: [...servers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const first = topics[0]?.partitions.find(({ partitionId }) => partitionId === 0)
    if (first === undefined) throw new Error(`${topic} has no partition 0`)
    return first.leader
  } finally {
    await admin.disconnect()
  }
}
