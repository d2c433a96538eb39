import assert from 'node:assert/strict'
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { KafkaError } from '#kafka/kafka-error.ts'
import { BATCH } from '#kafka/records/batch-layout.ts'
import { crc32c } from '#kafka/records/crc32c.ts'
import { readRecordBatches } from '#kafka/records/read-record-batches.ts'
import { writeRecordBatch } from '#kafka/records/write-record-batch.ts'
import { readRecord } from '#log/kafka/read-record.ts'
import { javaBatches } from '../lib/kafka/records/java-batches.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd', 'log-append-time', 'transactions']
const HEADER_FIELDS = [BATCH.attributes, BATCH.lastOffsetDelta, BATCH.baseTimestamp, BATCH.count]

const EXTREMES = ['00', '01', 'ff', '7f', '80', '7fffffff', 'ffffffff', '80000000', '00000000']
const bytes = fc.oneof(
  fc.constantFrom(...EXTREMES, 'ffffffff0f', 'ffffffffffffffffff01', 'feffffff0f').map(fromHex),
  fc.uint8Array({ maxLength: 8 }).map((array) => Buffer.from(array)),
)

/** Overwrites, cuts out or doubles bytes. */
const damage = fc.record({
  kind: fc.constantFrom('overwrite', 'overwrite', 'cut', 'double'),
  at: fc.nat(),
  field: fc.option(fc.constantFrom(...HEADER_FIELDS), { freq: 3 }),
  bytes,
})

interface Damage {
  readonly kind: string
  readonly at: number
  readonly field: number | null
  readonly bytes: Buffer
}

const written = fc
  .array(
    fc.record({
      key: fc.option(fc.string()),
      value: fc.option(fc.uint8Array({ maxLength: 30 })),
      headers: fc.array(fc.tuple(fc.constantFrom('ce_id', 'ce_type', 'é', ''), fc.string()), {
        maxLength: 4,
      }),
      timestamp: fc.nat(2 ** 42),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map(writeRecordBatch)

const fromJava = fc.constantFrom(...CODECS).map((name) => {
  const all = javaBatches(name)
  return all.subarray(0, BATCH.partitionLeaderEpoch + all.readInt32BE(BATCH.length))
})

/** Records that were damaged before they were compressed. */
const COMPRESSIONS: readonly ((records: Buffer) => Buffer)[] = [
  (records) => records,
  gzipSync,
  deflateRawSync,
  (records) => records,
  zstdCompressSync,
]

const batch = fc
  .tuple(
    fc.oneof(written, fromJava),
    fc.array(damage, { maxLength: 3 }),
    fc.option(fc.nat(COMPRESSIONS.length - 1), { freq: 4 }),
    fc.boolean(),
  )
  .map(([whole, all, codec, isSealed]) => {
    let changed = all.reduce(damaged, Buffer.from(whole))
    if (codec !== null && changed.length > BATCH.records) {
      const records = changed.subarray(BATCH.records)
      const compressed = COMPRESSIONS[codec]?.(records) ?? records
      changed = Buffer.concat([changed.subarray(0, BATCH.records), compressed])
      changed.writeInt16BE(codec, BATCH.attributes)
    }
    return isSealed ? sealed(changed) : changed
  })

function fromHex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

/** Only what the checksum covers, for what is before it is the broker's own. */
function damaged(batch: Buffer, { kind, at, field, bytes }: Damage): Buffer {
  const start = field ?? BATCH.attributes + (at % (batch.length - BATCH.attributes + 1))
  const end = Math.min(batch.length, start + bytes.length)
  const rest = kind === 'double' ? start : end
  const between = kind === 'cut' ? Buffer.alloc(0) : bytes.subarray(0, end - start)
  return Buffer.concat([batch.subarray(0, start), between, batch.subarray(rest)])
}

/** With its length and its checksum put right, so that what stands in it is looked at. */
function sealed(batch: Buffer): Buffer {
  if (batch.length < BATCH.attributes) return batch
  batch.writeInt32BE(batch.length - BATCH.partitionLeaderEpoch, BATCH.length)
  batch.writeUInt32BE(crc32c(batch, BATCH.attributes), BATCH.crc)
  return batch
}

/**
 * Reads batches of Kafka that were damaged, most of them with a checksum that hides it: each is
 * records in their order, none of which would be read again, or a KafkaError.
 * @returns how many records were read, and how many batches refused
 * @throws Error with the smallest bytes for which that is not so
 */
export function fuzzRecordBatches(
  seed: number,
  runs: number,
): { records: number; refused: number } {
  const seen = { records: 0, refused: 0 }
  const batches = fc.array(batch, { minLength: 1, maxLength: 3 }).map((all) => Buffer.concat(all))
  const rubbish = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
  const input = fc.oneof({ weight: 9, arbitrary: batches }, { weight: 1, arbitrary: rubbish })
  fc.assert(
    fc.property(input, fc.constantFrom(0, 0, 1, 100, 103), (bytes, from) => {
      try {
        const { records, next } = readRecordBatches(bytes, { from, abortedTransactions: [] })
        let last = from - 1
        for (const record of records) {
          if (next <= record.offset || record.offset < from) {
            assert.fail(`offset ${record.offset} of ${from} to ${next}`)
          }
          last = record.offset
          readRecord(record, 0)
        }
        assert.ok(next > last && next >= from)
        seen.records += records.length
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        seen.refused += 1
      }
    }),
    { seed, numRuns: runs },
  )
  return seen
}
