import t from 'tap'
import type { DeliveryExpectation, Expectation } from './conformance-case.ts'
import { judgeAnswers, judgeArrivals } from './judge.ts'
import type { Arrival } from './scripted-subscribers.ts'

function arrival(headers: Readonly<Record<string, string>>, body = '', timeMs = 0): Arrival {
  return {
    method: 'POST',
    rawHeaders: Object.entries(headers).flat(),
    body: Buffer.from(body),
    timeMs,
  }
}

const BINARY = arrival(
  { 'Ce-Id': '1', 'ce-ext': 'a%20%c3%a9', 'content-type': 'application/json' },
  '{"a":[1]}',
)
const STRUCTURED = arrival(
  { 'content-type': 'application/cloudevents+json' },
  '{"id":"1","ext":"a é","flag":true,"data":{"a":[1]}}',
)
const BASE64 = arrival({ 'content-type': 'application/cloudevents+json' }, '{"data_base64":"AQL/"}')
const TEXT = arrival(
  { 'content-type': 'application/cloudevents+json; charset=utf-8' },
  '{"datacontenttype":"text/plain","data":"hi"}',
)

const MET: readonly (readonly [string, Arrival, DeliveryExpectation])[] = [
  ['anything', BINARY, {}],
  ['a header as it is', BINARY, { headers: { 'ce-ext': 'a%20%c3%a9' } }],
  ['the method', BINARY, { headers: { ':method': 'POST' } }],
  ['an attribute as it is meant', BINARY, { attributes: { ext: 'a é', id: /^1$/ } }],
  ['an attribute in JSON', STRUCTURED, { attributes: { ext: 'a é', flag: 'true' } }],
  ['a missing attribute', BINARY, { attributes: { time: null }, headers: { 'ce-time': null } }],
  ['JSON data', BINARY, { json: { a: [1] } }],
  ['JSON data in JSON', STRUCTURED, { json: { a: [1] }, data: '{"a":[1]}' }],
  ['bytes in JSON', BASE64, { data: Uint8Array.of(1, 2, 255) }],
  ['text in JSON', TEXT, { data: 'hi', attributes: { datacontenttype: 'text/plain' } }],
  ['no data', arrival({ 'ce-id': '1' }), { data: null }],
]

const NOT_MET: readonly (readonly [string, Arrival, DeliveryExpectation, RegExp])[] = [
  ['another header', BINARY, { headers: { 'ce-id': '2' } }, /header ce-id must be 2, and is 1/],
  ['a pattern', BINARY, { attributes: { id: /^2$/ } }, /attribute id must be .*, and is 1/],
  ['a missing attribute', BINARY, { attributes: { time: /./ } }, /time .* is missing/],
  ['an attribute too many', BINARY, { attributes: { id: null } }, /id must not be there/],
  ['other data', BINARY, { data: '{"a":[2]}' }, /data must be/],
  ['other white space', BINARY, { data: '{"a": [1]}' }, /data must be/],
  ['other JSON', STRUCTURED, { json: { a: [2] } }, /data must be/],
  ['data too much', BINARY, { data: null }, /must be missing/],
  ['data too few', arrival({ 'ce-id': '1' }), { data: '' }, /is missing/],
]

t.test('judgeArrivals() finds nothing wrong where an expectation is met', (t) => {
  for (const [what, received, expected] of MET) {
    t.same(
      judgeArrivals({ delivered: { main: [expected] } }, () => [received]),
      [],
      what,
    )
  }
  t.end()
})

t.test('judgeArrivals() says what is not as expected', (t) => {
  for (const [what, received, expected, fault] of NOT_MET) {
    const faults = judgeArrivals({ delivered: { main: [expected] } }, () => [received])
    t.equal(faults.length, 1, what)
    t.match(faults[0], fault, what)
  }
  t.end()
})

t.test('judgeArrivals() wants exactly the expected requests, in any order', (t) => {
  const one = arrival({ 'ce-id': '1' })
  const two = arrival({ 'ce-id': '2' })
  const expect: Expectation = {
    delivered: { main: [{ attributes: { id: '2' } }, {}] },
    deadLetter: [],
  }
  const judge = (...main: readonly Arrival[]) =>
    judgeArrivals(expect, (name) => (name === 'main' ? main : []))

  t.same(judge(one, two), [])
  t.match(judge(two), [/2 requests must come, and 1 came: 2/])
  t.match(judge(one, two, two), [/2 requests must come, and 3 came/])
  t.match(judge(one, one), [/id must be 2, and is 1/])
  t.match(
    judgeArrivals(expect, () => [one, two]),
    [/^sink: 0 requests must come, and 2 came/],
  )
  t.end()
})

t.test('judgeArrivals() looks at gaps and at the order', (t) => {
  const arrivals = [
    arrival({ 'ce-id': 'a1' }, '', 1000),
    arrival({ 'ce-id': 'b1' }, '', 1300),
    arrival({ 'ce-id': 'a2' }, '', 1900),
  ]
  const gap = (atLeastMs: number, atMostMs: number) => ({ atLeastMs, atMostMs })
  const judge = (expect: Expectation) => judgeArrivals(expect, () => arrivals)

  t.same(judge({ gaps: { main: [gap(300, 300), gap(500, 700)] } }), [])
  t.match(judge({ gaps: { main: [gap(301, 400)] } }), [/gap 0 must be 301 to 400 ms, and is 300/])
  t.match(judge({ gaps: { main: [gap(0, 999), gap(0, 599)] } }), [/gap 1/])
  t.same(judge({ order: [{ at: 'main', ids: ['a1', 'a2'] }] }), [])
  t.match(judge({ order: [{ at: 'main', ids: ['a2', 'b1'] }] }), [/must be a2 b1, and is b1 a2/])
  t.match(judge({ order: [{ at: 'main', ids: ['a1', 'a3'] }] }), [/must be a1 a3, and is a1/])
  t.end()
})

t.test('judgeAnswers() looks at status, headers and body', (t) => {
  const answer = { status: 202, headers: { allow: 'POST' }, body: '[1]' }
  const rows: readonly (readonly [Expectation['answer'], number])[] = [
    [undefined, 0],
    [{ status: 202 }, 0],
    [{ status: [400, 202] }, 0],
    [{ status: 400 }, 1],
    [{ status: 202, headers: { allow: /POST/ }, body: /^\[/ }, 0],
    [{ status: 202, headers: { allow: /PUT/ } }, 1],
    [{ status: 202, headers: { 'retry-after': /./ } }, 1],
    [{ status: 202, body: /^\{/ }, 1],
    [[{ status: 202 }], 0],
    [[{ status: 202 }, { status: 400 }], 0],
  ]

  for (const [expected, faults] of rows) {
    const expect = expected === undefined ? {} : { answer: expected }
    t.equal(judgeAnswers(expect, [answer]).length, faults, JSON.stringify(expected))
  }
  t.equal(judgeAnswers({}, [{ ...answer, status: 500 }]).length, 1)
  t.equal(judgeAnswers({ answer: { status: 202 } }, [answer, { ...answer, status: 400 }]).length, 1)
  t.end()
})
