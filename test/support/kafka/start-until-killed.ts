import { KafkaNode } from './kafka-node.ts'
import { findKafkaRuntime } from './kafka-runtime.ts'

/** Starts a broker and prints its process id and its folder, to be killed then. */
const runtime = await findKafkaRuntime()
if (typeof runtime === 'string') throw new Error(runtime)
const node = await KafkaNode.start(runtime)
console.log(node.pid)
console.log(node.folder)
