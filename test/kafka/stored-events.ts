import kafkajs from 'kafkajs'

const { Kafka, logLevel } = kafkajs

/**
 * What stands in a topic, read by an ordinary consumer from its beginning to the ends that it has
 * now: for each event's id, how often. Throws when that takes more than `deadlineMs`.
 */
export async function storedEvents(
  servers: readonly string[],
  topic: string,
  deadlineMs = 60_000,
): Promise<ReadonlyMap<string, number>> {
  const kafka = new Kafka({ brokers: [...servers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const left = new Map(
    ends.filter(({ high }) => high !== '0').map((end) => [end.partition, BigInt(end.high)]),
  )
  const stored = new Map<string, number>()
  if (left.size === 0) return stored
  const consumer = kafka.consumer({ groupId: `stored-${topic}-${process.pid}-${Date.now()}` })
  const complete = Promise.withResolvers<void>()
  const late = setTimeout(
    () => complete.reject(new Error(`${topic} was not read within ${deadlineMs} ms`)),
    deadlineMs,
  )
  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { headers } of batch.messages) {
          const id = String(headers?.['ce_id'])
          stored.set(id, (stored.get(id) ?? 0) + 1)
        }
        const end = left.get(batch.partition)
        if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end)
          left.delete(batch.partition)
        if (left.size === 0) complete.resolve()
      },
    })
    await complete.promise
  } finally {
    clearTimeout(late)
    await consumer.disconnect()
  }
  return stored
}
