import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import t from 'tap'
import { crc32c } from '#kafka/records/crc32c.ts'
import type { KafkaRecord } from '#kafka/records/kafka-record.ts'
import { readRecordBatches } from '#kafka/records/read-record-batches.ts'
import { writeRecordBatch } from '#kafka/records/write-record-batch.ts'
import { AWKWARD_RECORDS, javaBatches, longValues } from './java-batches.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const RECORDS_AT = 61

function read(
  bytes: Buffer,
  from = 0,
  abortedTransactions: { producerId: bigint; firstOffset: number }[] = [],
) {
  return readRecordBatches(bytes, { from, abortedTransactions })
}

/** With text for bytes, which compares better. */
function readable({ offset, timestamp, key, value, headers }: KafkaRecord) {
  const isText = value === null || isUtf8(value)
  return {
    offset,
    timestamp,
    key: text(key),
    value: text(value, isText ? 'utf8' : 'latin1'),
    headers: headers.map(([name, content]) => [name, text(content)]),
  }
}

function text(bytes: Buffer | null, encoding: BufferEncoding = 'utf8'): string | null {
  return bytes === null ? null : bytes.toString(encoding)
}

function texts(records: readonly KafkaRecord[]): string[] {
  return records.map(({ offset, value }) => `${offset} ${value}`)
}

/** The batch with its checksum put right, whatever else was done to it. */
function sealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES_AT), CRC_AT)
  return batch
}

/** A batch like `none` with other records and another codec. */
function withRecords(records: Buffer, codec: number): Buffer {
  const batch = Buffer.concat([javaBatches('none').subarray(0, RECORDS_AT), records])
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt16BE(codec, ATTRIBUTES_AT)
  return sealed(batch)
}

for (const codec of CODECS) {
  t.test(`readRecordBatches() reads what Kafka's own client wrote, compressed: ${codec}`, (t) => {
    const { records, next } = read(javaBatches(codec), 100)

    t.strictSame(records.map(readable), AWKWARD_RECORDS)
    t.equal(next, 105)
    t.end()
  })
}

for (const codec of CODECS.slice(1)) {
  t.test(`readRecordBatches() reads more than a block of ${codec}`, (t) => {
    const { records } = read(javaBatches(`long-${codec}`))

    t.strictSame(
      records.map(({ value }) => String(value)),
      longValues(),
    )
    t.end()
  })
}

t.test('readRecordBatches() leaves out records below the offset that was asked for', (t) => {
  const both = Buffer.concat([javaBatches('log-append-time'), javaBatches('lz4')])

  const { records, next } = read(both, 103)

  t.strictSame(records.map(readable), AWKWARD_RECORDS.slice(3))
  t.equal(next, 105)
  t.end()
})

t.test(
  'readRecordBatches() goes on from the offset that was asked for when all is below it',
  (t) => {
    t.strictSame(read(javaBatches('none'), 200), { records: [], next: 200 })
    t.strictSame(read(Buffer.alloc(0), 200), { records: [], next: 200 })
    t.end()
  },
)

t.test(
  'readRecordBatches() gives the time of the broker where the topic has LogAppendTime',
  (t) => {
    const { records } = read(javaBatches('log-append-time'))

    t.strictSame(
      records.map(({ offset, timestamp, key }) => [offset, timestamp, String(key)]),
      [
        [7, 1_700_000_000_000, 'a'],
        [8, 1_700_000_000_000, 'b'],
      ],
    )
    t.end()
  },
)

t.test('readRecordBatches() leaves out aborted transactions, and nothing else', (t) => {
  const aborted = [{ producerId: 1n, firstOffset: 0 }]

  const { records, next } = read(javaBatches('transactions'), 0, aborted)

  t.strictSame(texts(records), ['1 committed', '2 plain', '5 committed', '6 plain', '7 committed'])
  t.equal(next, 10, 'above the markers')
  t.end()
})

t.test('readRecordBatches() leaves out the rest of a transaction that began below', (t) => {
  const aborted = [{ producerId: 1n, firstOffset: 0 }]

  const { records } = read(javaBatches('transactions'), 3, aborted)

  t.strictSame(texts(records), ['5 committed', '6 plain', '7 committed'])
  t.end()
})

t.test('readRecordBatches() knows the transactions of several producers, in any order', (t) => {
  const aborted = [
    { producerId: 2n, firstOffset: 7 },
    { producerId: 1n, firstOffset: 0 },
  ]

  const { records } = read(javaBatches('transactions'), 0, aborted)

  t.strictSame(texts(records), ['1 committed', '2 plain', '5 committed', '6 plain'])
  t.end()
})

t.test('readRecordBatches() goes on above what compaction took away', (t) => {
  const { records, next } = read(javaBatches('compacted'))

  t.strictSame(texts(records), ['2 value 2', '4 value 4'])
  t.equal(next, 10, 'above a batch of which nothing is left')
  t.strictSame(read(javaBatches('compacted'), 5), { records: [], next: 10 })
  t.end()
})

for (const version of [0, 1]) {
  t.test(`readRecordBatches() names the offset of a message of format version ${version}`, (t) => {
    t.throws(() => read(javaBatches(`version-${version}`)), {
      code: 'UNSUPPORTED_FOR_MESSAGE_FORMAT',
      message: `Cannot read the batch at offset 41: its format is of version ${version}, and only 2 is read`,
    })
    t.end()
  })
}

t.test('readRecordBatches() passes over a last batch that is cut off, wherever that is', (t) => {
  const first = javaBatches('log-append-time')
  const both = Buffer.concat([first, javaBatches('none')])

  for (let end = 0; end < both.length; end++) {
    const { records, next } = read(both.subarray(0, end))
    const isWhole = end >= first.length
    if (next !== (isWhole ? 9 : 0) || records.length !== (isWhole ? 2 : 0)) {
      t.fail(`cut at ${end}: ${records.length} records, next ${next}`)
    }
  }
  t.pass('at every byte')
  t.end()
})

t.test('readRecordBatches() notices any bit that changed', (t) => {
  const batch = javaBatches('none')

  for (let at = CRC_AT; at < batch.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const broken = Buffer.from(batch)
      broken[at] = (broken[at] ?? 0) ^ (1 << bit)
      assert.throws(() => read(broken), {
        code: 'CORRUPT_MESSAGE',
        message: /at offset 100: its checksum is/,
      })
    }
  }
  t.pass('from the checksum to the end')
  t.end()
})

t.test('readRecordBatches() gives what stands before a batch that it cannot read', (t) => {
  const broken = javaBatches('none')
  broken[100] = (broken[100] ?? 0) ^ 1
  const bytes = Buffer.concat([javaBatches('log-append-time'), broken, javaBatches('none')])

  const { records, next } = read(bytes, 8)

  t.strictSame(
    records.map(({ offset }) => offset),
    [8],
  )
  t.equal(next, 9)
  t.throws(() => read(bytes, next), { code: 'CORRUPT_MESSAGE', message: /at offset 100/ })
  t.end()
})

t.test('readRecordBatches() gives no half of a batch', (t) => {
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = [0, 1].map((value) =>
    writeRecordBatch([
      { key: null, value: Buffer.of(value), headers: [], timestamp: 0 },
      { key: null, value: Buffer.of(value), headers: [], timestamp: 0 },
    ]),
  )
  second.writeInt32BE(2, 4)
  second[second.length - 1] = 9
  sealed(second)

  const { records, next } = read(Buffer.concat([first, second]))

  t.strictSame(
    records.map(({ offset }) => offset),
    [0, 1],
  )
  t.equal(next, 2)
  t.end()
})

t.test('readRecordBatches() refuses a compression that nobody knows', (t) => {
  t.throws(() => read(withRecords(Buffer.alloc(9), 5)), {
    code: 'UNSUPPORTED_COMPRESSION_TYPE',
    message: 'Cannot read the batch at offset 100: its compression 5 is unknown',
  })
  t.end()
})

const TOO_MUCH = 65 * 1024 * 1024

/** A frame of 17 stored-size blocks of 4 MiB: one literal, and a run of it. */
function lz4Bomb(): Buffer {
  const length = 4 * 1024 * 1024 - 1 - 4 - 15
  const more = Buffer.concat([Buffer.alloc(Math.floor(length / 255), 255), Buffer.of(length % 255)])
  const block = Buffer.concat([Buffer.of(0x1f, 0x61, 1, 0), more])
  const size = Buffer.alloc(4)
  size.writeUInt32LE(block.length)
  const header = Buffer.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0)
  return Buffer.concat([
    header,
    ...Array.from({ length: 17 }, () => [size, block]).flat(),
    Buffer.alloc(4),
  ])
}

const BOMBS: readonly (readonly [codec: number, name: string, bytes: () => Buffer])[] = [
  [1, 'gzip', () => gzipSync(Buffer.alloc(TOO_MUCH), { level: 1 })],
  [2, 'snappy', () => Buffer.of(0x80, 0x80, 0x80, 0x21, 0)],
  [3, 'lz4', lz4Bomb],
  [4, 'zstd', () => zstdCompressSync(Buffer.alloc(TOO_MUCH))],
]
for (const [codec, name, bytes] of BOMBS) {
  t.test(`readRecordBatches() lets ${name} grow to 64 MiB only`, (t) => {
    t.throws(() => read(withRecords(bytes(), codec)), {
      code: 'MESSAGE_TOO_LARGE',
      message:
        'Cannot read the batch at offset 100: its records have more than 64 MiB when decompressed',
    })
    t.end()
  })
}

t.test('readRecordBatches() says it when records cannot be decompressed', (t) => {
  for (const codec of [1, 2, 3, 4]) {
    t.throws(() => read(withRecords(deflateRawSync('no such format'), codec)), {
      code: 'CORRUPT_MESSAGE',
      message: 'Cannot read the batch at offset 100: its records cannot be decompressed',
    })
  }
  t.end()
})

t.test('readRecordBatches() does not read for ever what ends before it begins', (t) => {
  const batch = javaBatches('none')
  batch.writeInt32BE(-101, LAST_OFFSET_DELTA_AT)

  t.throws(() => read(sealed(batch)), {
    code: 'CORRUPT_MESSAGE',
    message: 'Cannot read the batch at offset 100: it ends at offset -1',
  })
  t.end()
})

t.test('readRecordBatches() gives no record that would be read again', (t) => {
  const batch = javaBatches('none')
  batch.writeInt32BE(3, LAST_OFFSET_DELTA_AT)

  t.throws(() => read(sealed(batch)), {
    code: 'CORRUPT_MESSAGE',
    message: 'Cannot read the batch at offset 100: a record has offset 104, out of its order',
  })
  t.end()
})
