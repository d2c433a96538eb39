import { KafkaNode } from '../../support/kafka/kafka-node.ts'
import { findKafkaRuntime } from '../../support/kafka/kafka-runtime.ts'
import type { Properties } from '../../support/kafka/server-properties.ts'

/** What `test/support` has made small and quick, as Apache Kafka ships it. */
const AS_SHIPPED: Properties = {
  'authorizer.class.name': '',
  'background.threads': 10,
  'broker.heartbeat.interval.ms': 2000,
  'broker.session.timeout.ms': 9000,
  'group.initial.rebalance.delay.ms': 3000,
  'group.min.session.timeout.ms': 6000,
  'log.cleaner.backoff.ms': 15_000,
  'log.cleaner.dedupe.buffer.size': 134_217_728,
  'log.cleaner.io.buffer.size': 524_288,
  'log.retention.check.interval.ms': 300_000,
  'log.segment.bytes': 1_073_741_824,
  'num.io.threads': 8,
  'num.network.threads': 3,
}
const HEAP = '-Xms256m -Xmx1g'
/** Of Kafka's own start script. */
const JVM = ['-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20']
JVM.push('-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent')
/** For a quick start, at the price of speed later. */
const LIGHT = /^-XX:(?:\+UseSerialGC|TieredStopAtLevel=|SharedArchiveFile=)/

/**
 * One broker with the settings, the heap and the JIT of a real one. `close` it.
 * @param more - settings that win
 */
export async function startBenchKafka(more: Properties = {}): Promise<KafkaNode> {
  const runtime = await findKafkaRuntime()
  if (typeof runtime === 'string') throw new Error(runtime)
  const jvm = () => [...JVM, ...runtime.jvm().filter((flag) => !LIGHT.test(flag))]
  return KafkaNode.start(
    { ...runtime, jvm },
    { heap: HEAP, properties: { ...AS_SHIPPED, ...more } },
  )
}
