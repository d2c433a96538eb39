import { spawn } from 'node:child_process'
import { keepClassData } from './class-data.ts'
import { KafkaNode } from './kafka-node.ts'
import { findKafkaRuntime } from './kafka-runtime.ts'

/**
 * Runs a command, given as arguments, with KAFKA_BROKERS set to a Kafka that all of its test files
 * share; without one where there is no Java, so that they skip. Ends with the command's exit code.
 */
const [command = 'true', ...args] = process.argv.slice(2)
const given = process.env['KAFKA_BROKERS'] ?? ''
const runtime = given === '' ? await findKafkaRuntime() : given
if (typeof runtime !== 'string') await keepClassData(runtime)
const node = typeof runtime === 'string' ? undefined : await KafkaNode.start(runtime)
const env = { ...process.env, KAFKA_BROKERS: node?.bootstrap ?? given }
const child = spawn(command, args, { stdio: 'inherit', env })
// The terminal's Ctrl+C goes to the command too, whose end is awaited.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('close', (code) => {
  process.exitCode = code ?? 1
  void node?.close()
})
