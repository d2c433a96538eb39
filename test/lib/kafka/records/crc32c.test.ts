import t from 'tap'
import { crc32c } from '#kafka/records/crc32c.ts'

const ASCENDING = Buffer.from(Array.from({ length: 32 }, (_, index) => index))

t.test('crc32c() gives the values of RFC 3720, appendix B.4', (t) => {
  t.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
  t.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43)
  t.equal(crc32c(ASCENDING), 0x46dd794e)
  t.equal(crc32c(ASCENDING.toReversed()), 0x113fdb5c)
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
  t.equal(crc32c(Buffer.alloc(0)), 0)
  t.end()
})

t.test('crc32c() of any length is the one that goes bit by bit', (t) => {
  const bytes = Buffer.from(Array.from({ length: 100 }, (_, index) => (index * 31) & 255))
  for (let start = 0; start < 20; start++) {
    for (let end = start; end <= bytes.length; end++) {
      if (crc32c(bytes.subarray(0, end), start) !== bitByBit(bytes.subarray(start, end))) {
        t.fail(`from ${start} to ${end}`)
      }
    }
  }
  t.pass('at every offset and length')
  t.end()
})

function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return ~crc >>> 0
}
