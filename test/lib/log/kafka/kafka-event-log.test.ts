import t, { type Test } from 'tap'
import type { FetchPosition, FetchResult, KafkaCluster } from '#kafka/kafka-cluster.ts'
import { KafkaProducer } from '#kafka/producer.ts'
import { KafkaEventLog } from '#log/kafka/kafka-event-log.ts'
import { createLogger } from '#telemetry/logger.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { SETTINGS } from './start-kafka-logs.ts'

const OUT_OF_RANGE = { code: 'OFFSET_OUT_OF_RANGE', message: 'out of range' }

/** A log on a cluster whose answers a test writes. */
function openLog(t: Test, scripted: Partial<KafkaCluster>): KafkaEventLog {
  const clock = new FakeClock()
  const cluster = { forget() {}, cut() {}, ...scripted } as KafkaCluster
  const log = new KafkaEventLog({
    broker: 'default/default',
    topic: { name: 'events', partitions: 1, maxMessageBytes: 1024 * 1024 },
    kafka: {
      cluster,
      producer: new KafkaProducer({ cluster, clock, lingerMs: 0 }),
      settings: SETTINGS,
      servers: [],
    },
    clientId: 'test',
    clock,
    logger: createLogger({ level: 'silent', name: 'test' }),
    closed: () => undefined,
  })
  t.teardown(() => log.close())
  return log
}

function result(position: FetchPosition, rest: Partial<FetchResult> = {}): FetchResult {
  return { ...position, records: [], next: position.offset, start: 0, end: 0, ...rest }
}

async function oneLeader() {
  return [{ partition: 0, leader: 1, replicas: 1 }]
}

t.test(
  'what was appended behind a position that was out of range is not passed over',
  async (t) => {
    const log = openLog(t, {
      partitions: oneLeader,
      fetch: async (_, from) => from.map((position) => result(position, { error: OUT_OF_RANGE })),
      // The log was cut to below the position, and has grown beyond it since the fetch.
      listOffsets: async (_topic, _partitions, at) => new Map([[0, at === 'earliest' ? 0 : 105]]),
    })
    const { signal } = new AbortController()

    const [read] = await log.read([{ partition: 0, offset: 100 }], {
      maxBytes: 1,
      waitMs: 0,
      signal,
    })

    t.equal(read?.next, 100)
  },
)
