import type { Test } from 'tap'
import { KafkaNode, type KafkaNodeOptions } from './kafka-node.ts'
import { kafkaOrSkip } from './kafka-or-skip.ts'

/**
 * A broker of the test's own, to be killed, paused and started again; ended with the test. Where
 * there is no Kafka, the test file is skipped.
 * @param t - the file's own `t`; inside a test only after a first call outside
 */
export async function startKafka(t: Test, options: KafkaNodeOptions = {}): Promise<KafkaNode> {
  const runtime = await kafkaOrSkip(t)
  const node = await KafkaNode.start(runtime, options)
  t.teardown(() => node.close())
  return node
}
