import { findKafkaRuntime } from './kafka-runtime.ts'
import { runCommand } from './run-command.ts'

/**
 * Runs one of Kafka's own programs, named by its Java class, for example
 * `org.apache.kafka.tools.consumer.group.ConsumerGroupCommand`.
 * @param input - what it reads from its standard input
 * @returns what it printed. Throws with it when it ends with an error, or not within 60 seconds.
 */
export async function kafkaTool(
  main: string,
  args: readonly string[],
  input = '',
): Promise<string> {
  const runtime = await findKafkaRuntime()
  if (typeof runtime === 'string') throw new Error(runtime)
  const { java, jvm } = runtime
  const { code, stdout, stderr } = await runCommand(java, [...jvm(), main, ...args], { input })
  if (code !== 0) throw new Error(`${main} ended with ${code}: ${stdout}${stderr}`)
  return stdout
}
