import type { Test } from 'tap'
import { keepClassData } from './class-data.ts'
import { findKafkaRuntime, type KafkaRuntime } from './kafka-runtime.ts'

/**
 * Java and Kafka's jars. Where there are none, the whole test file is skipped with one line that
 * says what is missing: then this never resolves, and the process ends.
 * @param t - the file's own `t`, before its first test
 */
export async function kafkaOrSkip(t: Test): Promise<KafkaRuntime> {
  const runtime = await findKafkaRuntime()
  if (typeof runtime !== 'string') {
    await keepClassData(runtime)
    return runtime
  }
  t.plan(0, runtime)
  setImmediate(() => process.exit(0))
  return await new Promise(() => {})
}
