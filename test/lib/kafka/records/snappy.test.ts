import t from 'tap'
import { decompressSnappy } from '#kafka/records/snappy.ts'

const MAX = 1024 * 1024

/** A raw block: the length of what it holds, and its elements. */
function block(length: number, ...elements: (number | string)[]): Buffer {
  const size = length < 128 ? [length] : [(length & 127) | 128, length >> 7]
  return Buffer.concat([
    Buffer.from(size),
    ...elements.map((element) =>
      typeof element === 'number' ? Buffer.of(element) : Buffer.from(element),
    ),
  ])
}

const JAVA_HEADER = Buffer.from('82534e41505059000000000100000001', 'hex')

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

const LONG = 'x'.repeat(300)

const BLOCKS: readonly (readonly [name: string, block: Buffer, text: string])[] = [
  ['nothing', block(0), ''],
  ['a literal', block(3, 2 << 2, 'abc'), 'abc'],
  ['a literal with one byte of length', block(100, 60 << 2, 99, 'y'.repeat(100)), 'y'.repeat(100)],
  ['a literal with two bytes of length', block(300, 61 << 2, 43, 1, LONG), LONG],
  ['a copy with 11 bits of distance', block(7, 2 << 2, 'abc', 0x01, 3), 'abcabca'],
  ['a copy with 16 bits of distance', block(6, 2 << 2, 'abc', (2 << 2) | 2, 3, 0), 'abcabc'],
  ['a copy with 32 bits of distance', block(6, 2 << 2, 'abc', (2 << 2) | 3, 3, 0, 0, 0), 'abcabc'],
  ['a run', block(65, 0, 'z', (63 << 2) | 2, 1, 0), 'z'.repeat(65)],
]
for (const [name, bytes, text] of BLOCKS) {
  t.test(`decompressSnappy() reads ${name}`, (t) => {
    t.equal(decompressSnappy(bytes, MAX).toString(), text, 'as a raw block')
    const stream = Buffer.concat([JAVA_HEADER, withLength(bytes), withLength(block(1, 0, '.'))])
    t.equal(decompressSnappy(stream, MAX).toString(), `${text}.`, "in Java's stream")
    t.end()
  })
}

const BROKEN: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['no bytes', Buffer.alloc(0)],
  ['a literal beyond the input', block(4, 3 << 2, 'abc')],
  ['a literal beyond the output', block(2, 2 << 2, 'abc')],
  ['a copy from before the output', block(8, 2 << 2, 'abc', 0x05, 4)],
  ['a copy from nowhere', block(7, 2 << 2, 'abc', 0x01, 0)],
  ['a copy beyond the output', block(6, 2 << 2, 'abc', 0x01, 3)],
  ['a copy that is cut off', block(7, 2 << 2, 'abc', 0x01)],
  ['fewer bytes than it says', block(4, 2 << 2, 'abc')],
  [
    'a block beyond the stream',
    Buffer.concat([JAVA_HEADER, Buffer.of(0, 0, 0, 9), block(1, 0, '.')]),
  ],
]
for (const [name, bytes] of BROKEN) {
  t.test(`decompressSnappy() refuses ${name}`, (t) => {
    t.throws(() => decompressSnappy(bytes, MAX), RangeError)
    t.end()
  })
}

t.test('decompressSnappy() bounds what it makes, over all blocks of a stream', (t) => {
  const whole = block(100, 60 << 2, 99, 'y'.repeat(100))
  const stream = Buffer.concat([JAVA_HEADER, withLength(whole), withLength(whole)])

  t.equal(decompressSnappy(stream, 200).length, 200)
  t.throws(() => decompressSnappy(stream, 199), { code: 'MESSAGE_TOO_LARGE' })
  t.end()
})
