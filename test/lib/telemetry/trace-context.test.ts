import t from 'tap'
import { parseTraceparent } from '#telemetry/parse-traceparent.ts'
import { parseTracestate } from '#telemetry/parse-tracestate.ts'
import { continueTrace, readTraceContext } from '#telemetry/trace-context.ts'

const TRACE = '12345678901234567890123456789012'
const PARENT = '1234567890123456'
const VALID = `00-${TRACE}-${PARENT}-01`

const traceparents: readonly (readonly [rule: string, header: string, sent: string | undefined])[] =
  [
    ['version 00 goes on as it came', VALID, VALID],
    ['not sampled goes on as it came', `00-${TRACE}-${PARENT}-00`, `00-${TRACE}-${PARENT}-00`],
    ['the random flag is kept', `00-${TRACE}-${PARENT}-03`, `00-${TRACE}-${PARENT}-03`],
    ['unknown flags are cleared', `00-${TRACE}-${PARENT}-ff`, `00-${TRACE}-${PARENT}-03`],
    ['unknown flags alone are cleared', `00-${TRACE}-${PARENT}-0c`, `00-${TRACE}-${PARENT}-00`],
    ['a future version is sent on as 00', `cc-${TRACE}-${PARENT}-01`, VALID],
    ['a future version may go on after a dash', `cc-${TRACE}-${PARENT}-01-what-ever`, VALID],
    ['a future version may end in a dash', `cc-${TRACE}-${PARENT}-01-`, VALID],
    ['a future version ends its flags', `cc-${TRACE}-${PARENT}-01.what`, undefined],
    ['version 00 has nothing more', `00-${TRACE}-${PARENT}-01-what`, undefined],
    ['version 00 does not end in a dash', `00-${TRACE}-${PARENT}-01-`, undefined],
    ['two headers are none', `${VALID}, ${VALID}`, undefined],
    [
      'two headers are none, also where the first is of a future version',
      `cc-${TRACE}-${PARENT}-01-what, ${VALID}`,
      undefined,
    ],
    ['version ff is invalid', `ff-${TRACE}-${PARENT}-01`, undefined],
    ['a version has two digits', `0-${TRACE}-${PARENT}-01`, undefined],
    ['a version is hexadecimal', `.0-${TRACE}-${PARENT}-01`, undefined],
    ['a trace id is not all zeros', `00-${'0'.repeat(32)}-${PARENT}-01`, undefined],
    ['a parent id is not all zeros', `00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
    ['a trace id is lower case', `00-${TRACE.slice(1)}A-${PARENT}-01`, undefined],
    ['a trace id has 32 digits', `00-${TRACE.slice(1)}-${PARENT}-01`, undefined],
    ['a trace id has no more than 32 digits', `00-${TRACE}1-${PARENT}-01`, undefined],
    ['a parent id is hexadecimal', `00-${TRACE}-${PARENT.slice(1)}g-01`, undefined],
    ['a parent id has 16 digits', `00-${TRACE}-${PARENT.slice(1)}-01`, undefined],
    ['flags have two digits', `00-${TRACE}-${PARENT}-1`, undefined],
    ['flags are hexadecimal', `00-${TRACE}-${PARENT}-.0`, undefined],
    ['dashes stand between', `00_${TRACE}_${PARENT}_01`, undefined],
    ['nothing is nothing', '', undefined],
  ]

for (const [rule, header, sent] of traceparents) {
  t.test(`parseTraceparent(): ${rule}`, (t) => {
    t.equal(parseTraceparent(header), sent)
    t.end()
  })
}

const members = (count: number) => Array.from({ length: count }, (_, i) => `k${i}=1`).join(',')
const short = (key: string) => `${key}=${'x'.repeat(98)}`
const long = (key: string) => `${key}=${'x'.repeat(198)}`

const tracestates: readonly (readonly [rule: string, header: string, sent: string | undefined])[] =
  [
    ['order and spaces go on as they came', 'foo=1 , bar=2,\tbaz=3', 'foo=1 , bar=2,\tbaz=3'],
    ['empty members are allowed', 'foo=1,,bar=2,', 'foo=1,,bar=2,'],
    ['a key of several tenants', 'fw529a3039@dt=FfD', 'fw529a3039@dt=FfD'],
    ['a key may begin with a digit', '0a=1', '0a=1'],
    ['a key may hold _ - * / @', 'a_-*/@9=1', 'a_-*/@9=1'],
    ['a key may have 256 characters', `${'k'.repeat(256)}=1`, `${'k'.repeat(256)}=1`],
    ['a value may hold spaces', 'foo=a b', 'foo=a b'],
    ['32 members', members(32), members(32)],
    ['the same key twice goes on', 'foo=1,foo=2', 'foo=1,foo=2'],
    ['33 members are too many', members(33), undefined],
    ['a key of 257 characters', `${'k'.repeat(257)}=1`, undefined],
    ['a value of 257 characters', `k=${'v'.repeat(257)}`, undefined],
    ['a key is lower case', 'Foo=1', undefined],
    ['a key does not begin with @', '@foo=1', undefined],
    ['a key has no space', 'fo o=1', undefined],
    ['a key is there', '=1', undefined],
    ['a value is there', 'foo=', undefined],
    ['an equals sign is there', 'foo', undefined],
    ['a value has no equals sign', 'foo=1=2', undefined],
    ['a value is printable ASCII', 'foo=é', undefined],
    ['one bad member spoils all', 'foo=1,BAR=2', undefined],
    ['nothing is left out', ' , ', undefined],
    [
      'over 512 characters, long members go first, from the end',
      [short('a'), long('b'), short('c'), long('d')].join(','),
      [short('a'), long('b'), short('c')].join(','),
    ],
    [
      'over 512 characters, then the last go',
      ['a', 'b', 'c', 'd', 'e', 'f'].map(short).join(','),
      ['a', 'b', 'c', 'd', 'e'].map(short).join(','),
    ],
  ]

for (const [rule, header, sent] of tracestates) {
  t.test(`parseTracestate(): ${rule}`, (t) => {
    t.equal(parseTracestate(header), sent)
    t.end()
  })
}

t.test('continueTrace() sends on the context that came', (t) => {
  t.same(continueTrace(VALID, 'foo=1'), { traceparent: VALID, tracestate: 'foo=1' })
  t.same(continueTrace(VALID, undefined), { traceparent: VALID })
  t.same(continueTrace(VALID, 'Foo=1'), { traceparent: VALID })
  t.end()
})

t.test('continueTrace() changes the parent id where not all of the state goes on', (t) => {
  const state = ['a', 'b', 'c', 'd', 'e', 'f'].map(short).join(',')

  const continued = continueTrace(VALID.replace('-01', '-03'), state)

  t.match(continued.traceparent, new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-03$`))
  t.equal(continued.tracestate, ['a', 'b', 'c', 'd', 'e'].map(short).join(','))
  t.same(continueTrace(VALID, ''), { traceparent: VALID }, 'an empty one was nothing')
  t.end()
})

t.test('continueTrace() begins a trace, without the state, where there is no valid parent', (t) => {
  for (const header of [undefined, '', `ff-${TRACE}-${PARENT}-01`]) {
    const begun = continueTrace(header, 'foo=1')

    t.match(begun.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/)
    t.equal(parseTraceparent(begun.traceparent), begun.traceparent)
    t.notOk('tracestate' in begun)
  }
  t.end()
})

t.test('continueTrace() never begins the same trace twice', (t) => {
  const begun = Array.from({ length: 1000 }, () => continueTrace(undefined, undefined).traceparent)

  t.equal(new Set(begun.map((traceparent) => traceparent.slice(3, 35))).size, 1000)
  t.equal(new Set(begun.map((traceparent) => traceparent.slice(36, 52))).size, 1000)
  t.end()
})

t.test('readTraceContext() begins nothing', (t) => {
  t.equal(readTraceContext(undefined, 'foo=1'), undefined)
  t.same(readTraceContext(VALID, 'foo=1'), { traceparent: VALID, tracestate: 'foo=1' })
  t.end()
})
