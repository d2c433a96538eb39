import t from 'tap'
import { Answer } from '#delivery/http/answer.ts'

const EVENT = ['ce-specversion', '1.0', 'ce-id', '1', 'ce-source', '/test', 'ce-type', 'test.reply']
const MIB = 1024 * 1024

t.test('a reply that comes byte by byte takes no more memory than its bytes', (t) => {
  const byte = Buffer.from('x')
  const answer = new Answer(200, EVENT, true, MIB)
  const before = process.memoryUsage().heapUsed

  for (let i = 0; i < MIB / 4; i++) answer.add(byte)

  const grown = process.memoryUsage().heapUsed - before
  t.ok(grown < 8 * MIB, `the heap grew by ${grown} bytes`)
  const result = answer.result(0)
  t.equal(result.kind === 'delivered' && result.reply?.data?.length, MIB / 4)
  t.end()
})

t.test('what is kept of a body is its beginning, in whatever pieces it comes', (t) => {
  const body = Buffer.from(Array.from({ length: 3000 }, (_, i) => i % 251))
  for (const size of [1, 7, 1023, 1024, 1025, 3000]) {
    const answer = new Answer(500, [], true, MIB)
    for (let at = 0; at < body.length; at += size) {
      const lent = Buffer.from(body.subarray(at, at + size))
      answer.add(lent)
      lent.fill(0)
    }

    const result = answer.result(0)

    const data = result.kind === 'failed' ? result.responseData : undefined
    t.ok(data !== undefined && body.subarray(0, 1024).equals(data), `pieces of ${size}`)
  }
  t.end()
})
