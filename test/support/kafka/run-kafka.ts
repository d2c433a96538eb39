import { KafkaNode } from './kafka-node.ts'
import { findKafkaRuntime } from './kafka-runtime.ts'

/** Runs a Kafka on loopback until a signal comes, with data that end with it. */
const runtime = await findKafkaRuntime()
if (typeof runtime === 'string') {
  process.stderr.write(`${runtime}\n`)
  process.exit(1)
}
const node = await KafkaNode.start(runtime)
process.stdout.write(`Kafka ${runtime.version} is at ${node.bootstrap}. In another terminal:

  PROFILE=kafka KAFKA_BROKERS=${node.bootstrap} npm start
`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void node.close().then(() => process.exit(0)))
}
// The broker's process does not hold this one.
setInterval(() => undefined, 2 ** 30)
