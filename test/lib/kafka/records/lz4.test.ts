import t from 'tap'
import { decompressLz4 } from '#kafka/records/lz4.ts'

const MAX = 1024 * 1024
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04

/** A block's bytes, with its size in front. */
function block(bytes: Buffer, { isStored = false, checksum = 0 } = {}): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32LE((bytes.length | (isStored ? 0x80000000 : 0)) >>> 0)
  return Buffer.concat([size, bytes, Buffer.alloc(checksum, 7)])
}

/** A frame of blocks of up to 64 KiB. */
function frame(blocks: readonly Buffer[], flags = 0, descriptor = 0x40): Buffer {
  return Buffer.concat([
    Buffer.of(0x04, 0x22, 0x4d, 0x18, 0x40 | flags, descriptor),
    Buffer.alloc(flags & CONTENT_SIZE ? 8 : 0),
    Buffer.of(0), // header checksum
    ...blocks,
    Buffer.alloc(flags & CONTENT_CHECKSUM ? 8 : 4),
  ])
}

const ABC = Buffer.from('\x30abc', 'latin1')
/** `abc`, six more of it from three before, and `.`. */
const REPEATED = Buffer.from('\x32abc\x03\x00\x10.', 'latin1')

const FRAMES: readonly (readonly [name: string, bytes: Buffer, text: string])[] = [
  ['nothing', frame([]), ''],
  ['literals', frame([block(ABC)]), 'abc'],
  ['a block that is stored', frame([block(Buffer.from('abc'), { isStored: true })]), 'abc'],
  ['a copy', frame([block(REPEATED)]), 'abcabcabc.'],
  [
    'long literals and a long run',
    frame([block(Buffer.from(`\xff\xff\x1e${'x'.repeat(300)}\x01\x00\xff\x05\x00`, 'latin1'))]),
    'x'.repeat(300 + 4 + 15 + 255 + 5),
  ],
  [
    'a copy from the block before',
    frame([block(ABC), block(Buffer.from('\x12.\x04\x00\x10!', 'latin1'))]),
    'abc.abc.ab!',
  ],
  [
    'block checksums',
    frame([block(ABC, { checksum: 4 }), block(ABC, { checksum: 4 })], BLOCK_CHECKSUM),
    'abcabc',
  ],
  ["the content's size and checksum", frame([block(ABC)], CONTENT_SIZE | CONTENT_CHECKSUM), 'abc'],
]
for (const [name, bytes, text] of FRAMES) {
  t.test(`decompressLz4() reads ${name}`, (t) => {
    t.equal(decompressLz4(bytes, MAX).toString(), text)
    t.end()
  })
}

t.test('decompressLz4() makes room for a frame that grows a lot', (t) => {
  const run = Buffer.concat([
    Buffer.from('\x1fz\x01\x00', 'latin1'),
    Buffer.alloc(200, 255),
    Buffer.of(0, 0x10, 0x2e),
  ])
  const length = 1 + 4 + 15 + 200 * 255 + 1

  const out = decompressLz4(frame(Array.from({ length: 10 }, () => block(run))), MAX)

  t.equal(out.toString(), `${'z'.repeat(length - 1)}.`.repeat(10))
  t.throws(
    () => decompressLz4(frame(Array.from({ length: 10 }, () => block(run))), length * 10 - 1),
    {
      code: 'MESSAGE_TOO_LARGE',
    },
  )
  t.end()
})

const BROKEN: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['no bytes', Buffer.alloc(0)],
  ['another magic', Buffer.concat([Buffer.of(5), frame([block(ABC)]).subarray(1)])],
  ['another version', frame([block(ABC)], 0xc0)],
  ['a dictionary', frame([block(ABC)], 0x01)],
  ['a block size that does not exist', frame([block(ABC)], 0, 0x30)],
  ['a frame without an end', frame([block(ABC)]).subarray(0, -1)],
  ['a block beyond the frame', frame([block(ABC).subarray(0, -1)]).subarray(0, -4)],
  ['a literal beyond its block', frame([block(Buffer.from('\x50abc', 'latin1'))])],
  ['a copy from before the output', frame([block(Buffer.from('\x30abc\x04\x00', 'latin1'))])],
  ['a copy from nowhere', frame([block(Buffer.from('\x30abc\x00\x00', 'latin1'))])],
  ['a copy that is cut off', frame([block(Buffer.from('\x30abc\x03', 'latin1'))])],
]
for (const [name, bytes] of BROKEN) {
  t.test(`decompressLz4() refuses ${name}`, (t) => {
    t.throws(() => decompressLz4(bytes, MAX), RangeError)
    t.end()
  })
}
