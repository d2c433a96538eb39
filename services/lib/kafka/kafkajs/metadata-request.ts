import type { RawRequest } from './broker-connection.ts'
import { apiKeys } from './kafkajs-internals.ts'
import { WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

export interface MetadataAnswer {
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[]
  readonly controller: number
  readonly topics: readonly {
    /** Kafka's error code; 0 is none. */
    readonly code: number
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly leader: number
      readonly replicas: number
    }[]
  }[]
}

/** Metadata v6: all brokers, and these topics. Creates none. */
export function metadataRequest(topics: readonly string[]): RawRequest<MetadataAnswer> {
  const writer = new WireWriter()
  writer.array(topics, (topic) => writer.string(topic)).int8(0)
  return {
    apiKey: apiKeys['Metadata'] ?? 3,
    apiVersion: 6,
    apiName: 'Metadata',
    body: writer.end(),
    decode,
  }
}

function decode(payload: Buffer): MetadataAnswer {
  const reader = new WireReader(payload)
  reader.int32() // throttle time
  const brokers = reader.array(() => {
    const broker = { id: reader.int32(), host: reader.string(), port: reader.int32() }
    reader.string() // rack
    return broker
  })
  reader.string() // cluster id
  const controller = reader.int32()
  const topics = reader.array(() => {
    const code = reader.int16()
    const topic = reader.string()
    reader.int8() // internal
    const partitions = reader.array(() => {
      reader.int16() // the leader tells as much
      const found = { partition: reader.int32(), leader: reader.int32(), replicas: 0 }
      found.replicas = reader.array(() => reader.int32()).length
      reader.array(() => reader.int32()) // in sync
      reader.array(() => reader.int32()) // offline
      return found
    })
    return { code, topic, partitions }
  })
  return { brokers, controller, topics }
}
