import type { NewKafkaRecord } from '../records/kafka-record.ts'
import { writeRecordBatch } from '../records/write-record-batch.ts'
import type { RawRequest } from './broker-connection.ts'
import { apiKeys } from './kafkajs-internals.ts'
import { WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

const ALL_IN_SYNC = -1

export interface Batch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly NewKafkaRecord[]
}

export interface PartitionAnswer {
  readonly topic: string
  readonly partition: number
  /** Kafka's error code; 0 is none. */
  readonly code: number
  readonly baseOffset: number
}

/** Produce v7: one batch per partition, acknowledged by all in-sync replicas within `timeoutMs`. */
export function produceRequest(
  batches: readonly Batch[],
  timeoutMs: number,
): RawRequest<readonly PartitionAnswer[]> {
  const writer = new WireWriter()
  const topics = [...Map.groupBy(batches, ({ topic }) => topic)]
  writer
    .nullString()
    .int16(ALL_IN_SYNC)
    .int32(timeoutMs)
    .array(topics, ([topic, ofTopic]) => {
      writer.string(topic).array(ofTopic, ({ partition, records }) => {
        writer.int32(partition).bytes(writeRecordBatch(records))
      })
    })
  return {
    apiKey: apiKeys['Produce'] ?? 0,
    apiVersion: 7,
    apiName: 'Produce',
    body: writer.end(),
    decode,
  }
}

function decode(payload: Buffer): readonly PartitionAnswer[] {
  const reader = new WireReader(payload)
  return reader
    .array(() => {
      const topic = reader.string()
      return reader.array(() => {
        const partition = reader.int32()
        const code = reader.int16()
        const baseOffset = reader.int64()
        reader.int64() // log append time
        reader.int64() // log start offset
        return { topic, partition, code, baseOffset }
      })
    })
    .flat()
}
