/** What the subscriber must be sent. */
export interface Expected {
  /** Whether the trace goes on or a new one begins. */
  readonly trace: 'continued' | 'new'
  /** The members of `tracestate`, in their order; none: there is no such header. */
  readonly state?: readonly string[]
  /** The trace flags, as two digits. */
  readonly flags?: string
}

export interface HarnessCase {
  readonly title: string
  /** Header lines, as they are sent. */
  readonly sent: readonly string[]
  readonly expected: Expected
}

export const TRACE_ID = '12345678901234567890123456789012'
export const PARENT_ID = '1234567890123456'
const SAMPLED = `00-${TRACE_ID}-${PARENT_ID}-01`
const PARENT = `traceparent: 00-${TRACE_ID}-${PARENT_ID}-00`

const CONTINUED: Expected = { trace: 'continued' }
const NEW: Expected = { trace: 'new' }

const parents = (
  title: string,
  expected: Expected,
  ...values: readonly string[]
): readonly HarnessCase[] =>
  values.map((value) => ({
    title: `${title}: ${JSON.stringify(value)}`,
    sent: [`traceparent: ${value}`, 'tracestate: foo=1'],
    expected: expected === CONTINUED ? { ...CONTINUED, state: ['foo=1'] } : expected,
  }))

/** One of several lines `tracestate`, beside a valid parent; `state` undefined: it is dropped. */
const states = (
  title: string,
  state: readonly string[] | undefined,
  ...values: readonly string[]
): HarnessCase => ({
  title: `${title}: ${values.map((value) => JSON.stringify(value.slice(0, 40))).join(' and ')}`,
  sent: [PARENT, ...values.map((value) => `tracestate: ${value}`)],
  expected: state === undefined ? CONTINUED : { ...CONTINUED, state },
})

const members = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `bar${from + i}=${from + i}`)

const ALL_OF_A_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/'
const ALL_OF_A_VALUE = Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i))
  .filter((character) => !',='.includes(character))
  .join('')

const PARENT_CASES: readonly HarnessCase[] = [
  { title: 'no trace headers at all', sent: [], expected: NEW },
  {
    title: 'a parent alone',
    sent: [`traceparent: ${SAMPLED}`],
    expected: { ...CONTINUED, flags: '01' },
  },
  {
    title: 'two parents',
    sent: [`traceparent: ${SAMPLED}`, `traceparent: ${SAMPLED.replace('9012-', '9011-')}`],
    expected: NEW,
  },
  {
    title: 'two parents, the first of a future version',
    sent: [`traceparent: cc${SAMPLED.slice(2)}-x`, `traceparent: ${SAMPLED}`],
    expected: NEW,
  },
  ...['trace-parent', 'trace.parent'].map((name) => ({
    title: `a header of another name: ${name}`,
    sent: [`${name}: ${SAMPLED}`],
    expected: NEW,
  })),
  ...['TraceParent', 'TrAcEpArEnT', 'TRACEPARENT'].map((name) => ({
    title: `the header's name in any case: ${name}`,
    sent: [`${name}: ${SAMPLED}`],
    expected: CONTINUED,
  })),
  ...parents('more than version 00 has', NEW, `${SAMPLED}.`, `${SAMPLED}-what-may-come`),
  ...parents(
    'a future version',
    CONTINUED,
    `cc${SAMPLED.slice(2)}`,
    `cc${SAMPLED.slice(2)}-what-may-come`,
  ),
  ...parents(
    'a future version that goes on without a dash',
    NEW,
    `cc${SAMPLED.slice(2)}.what-may-come`,
  ),
  ...parents(
    'a version that is none',
    NEW,
    ...['ff', '.0', '0.', '000', '0000', '0', 'CC'].map(
      (version) => `${version}${SAMPLED.slice(2)}`,
    ),
  ),
  ...parents(
    'a trace id that is none',
    NEW,
    ...[
      '0'.repeat(32),
      `.${TRACE_ID.slice(1)}`,
      `${TRACE_ID.slice(1)}.`,
      `${TRACE_ID}3`,
      TRACE_ID.slice(1),
      `${TRACE_ID.slice(1)}A`,
    ].map((id) => `00-${id}-${PARENT_ID}-01`),
  ),
  ...parents(
    'a parent id that is none',
    NEW,
    ...[
      '0'.repeat(16),
      `.${PARENT_ID.slice(1)}`,
      `${PARENT_ID.slice(1)}.`,
      `${PARENT_ID}7`,
      PARENT_ID.slice(1),
      `${PARENT_ID.slice(1)}A`,
    ].map((id) => `00-${TRACE_ID}-${id}-01`),
  ),
  ...parents(
    'flags that are none',
    NEW,
    ...['.0', '0.', '001', '1', '', '0A'].map((flags) => `00-${TRACE_ID}-${PARENT_ID}-${flags}`),
  ),
  ...parents(
    'white space around',
    CONTINUED,
    ` ${SAMPLED}`,
    `\t${SAMPLED}`,
    `${SAMPLED} `,
    `${SAMPLED}\t`,
    `\t ${SAMPLED} \t`,
  ),
]

const STATE_CASES: readonly HarnessCase[] = [
  { title: 'a state alone', sent: ['tracestate: foo=1'], expected: NEW },
  { title: 'a state alone, of two', sent: ['tracestate: foo=1,bar=2'], expected: NEW },
  states('beside a parent', ['foo=1', 'bar=2'], 'foo=1,bar=2'),
  ...['trace-state', 'trace.state'].map((name) => ({
    title: `a header of another name: ${name}`,
    sent: [PARENT, `${name}: foo=1`],
    expected: CONTINUED,
  })),
  ...['TraceState', 'TrAcEsTaTe', 'TRACESTATE'].map((name) => ({
    title: `the header's name in any case: ${name}`,
    sent: [PARENT, `${name}: foo=1`],
    expected: { ...CONTINUED, state: ['foo=1'] },
  })),
  states('empty', undefined, ''),
  states('empty after another', ['foo=1'], 'foo=1', ''),
  states('empty before another', ['foo=1'], '', 'foo=1'),
  states(
    'in several headers',
    ['foo=1', 'bar=2', 'rojo=1', 'congo=2', 'baz=3'],
    'foo=1,bar=2',
    'rojo=1,congo=2',
    'baz=3',
  ),
  states('the same member twice', ['foo=1', 'foo=1'], 'foo=1,foo=1'),
  states('the same key twice', ['foo=1', 'foo=2'], 'foo=1,foo=2'),
  states('the same member in two headers', ['foo=1', 'foo=1'], 'foo=1', 'foo=1'),
  states('the same key in two headers', ['foo=1', 'foo=2'], 'foo=1', 'foo=2'),
  states(
    'every character',
    [`${ALL_OF_A_KEY}=${ALL_OF_A_VALUE}`],
    `${ALL_OF_A_KEY}=${ALL_OF_A_VALUE}`,
  ),
  states(
    'every character, and @',
    [`${ALL_OF_A_KEY}@a-z0-9_-*/=${ALL_OF_A_VALUE}`],
    `${ALL_OF_A_KEY}@a-z0-9_-*/=${ALL_OF_A_VALUE}`,
  ),
  states('white space between', ['foo=1', 'bar=2', 'baz=3'], 'foo=1 \t , \t bar=2, \t baz=3'),
  states('tabs between', ['foo=1', 'bar=2', 'baz=3'], 'foo=1\t \t,\t \tbar=2,\t \tbaz=3'),
  ...[' foo=1', '\tfoo=1', 'foo=1 ', 'foo=1\t', '\t foo=1 \t'].map((value) =>
    states('white space around', ['foo=1'], value),
  ),
  ...['foo =1', 'FOO=1', 'foo.bar=1', '@foo=1,bar=2', 'foo=bar=baz', 'foo=,bar=3', '=1', 'foo'].map(
    (value) => states('no member', undefined, value),
  ),
  // Level 2 has no vendor part any more: @ is a character like others, but not the first.
  ...[
    'foo@=1',
    'foo@@bar=1',
    'foo@bar@baz=1',
    '0@v=1',
    `${'t'.repeat(242)}@v=1`,
    `t@${'v'.repeat(15)}=1`,
  ].map((value) => states('@ in a key', [value, 'bar=2'], `${value},bar=2`)),
  states(
    '32 members',
    members(1, 32),
    members(1, 10).join(),
    members(11, 20).join(),
    members(21, 32).join(),
  ),
  states(
    '33 members',
    undefined,
    members(1, 10).join(),
    members(11, 20).join(),
    members(21, 33).join(),
  ),
  states(
    'a key of 256 characters',
    ['foo=1', `${'z'.repeat(256)}=1`],
    'foo=1',
    `${'z'.repeat(256)}=1`,
  ),
  states('a key of 257 characters', undefined, 'foo=1', `${'z'.repeat(257)}=1`),
]

const FLAGS: readonly (readonly [sent: string, forwarded: string])[] = [
  ['00', '00'],
  ['01', '01'],
  ['02', '02'],
  ['03', '03'],
  ['ff', '03'],
  ['0c', '00'],
  ['09', '01'],
]

/**
 * What the W3C's test harness for Trace Context tries (github.com/w3c/trace-context, test/, with
 * `SPEC_LEVEL=2` and `STRICT_LEVEL=2`), as a table, and some cases more.
 */
export const HARNESS_CASES: readonly HarnessCase[] = [
  ...PARENT_CASES,
  ...STATE_CASES,
  ...FLAGS.map(([sent, flags]) => ({
    title: `flags ${sent}`,
    sent: [`traceparent: 00-${TRACE_ID}-${PARENT_ID}-${sent}`],
    expected: { ...CONTINUED, flags },
  })),
]
