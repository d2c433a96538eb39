import t from 'tap'
import { readBatchMembers } from '#events/read-batch-members.ts'
import { Problem } from '#problems/problem.ts'

const GOOD = '{"specversion":"1.0","id":"1","source":"/s","type":"t"}'
const OLD = GOOD.replace('1.0', '0.3')

/** `+` for an event; for another member, its violations. */
function members(body: string, maxBatchEvents = 10): string[] {
  return readBatchMembers(Buffer.from(body), maxBatchEvents).map((member) =>
    member instanceof Problem
      ? member.violations.map(({ rule, at, index }) => `${rule} ${at} ${index}`).join(', ')
      : '+',
  )
}

const ROWS: readonly (readonly [rule: string, body: string, members: readonly string[]])[] = [
  ['an empty batch has none', ' [ ] ', []],
  ['all are good', `[${GOOD},${GOOD}]`, ['+', '+']],
  [
    'N5 one is bad',
    `[${GOOD},{},${GOOD}]`.replace('{}', GOOD.replace('"t"', '""')),
    ['+', 'N5 /1/type 1', '+'],
  ],
  [
    'J12 what is no object',
    `[1,${GOOD},null,[{}],"x"]`,
    ['J12 /0 0', '+', 'J12 /2 2', 'J12 /3 3', 'J12 /4 4'],
  ],
  [
    'N11 another version than the first',
    `[${GOOD},${OLD},${GOOD}]`,
    ['+', 'N11 /1/specversion 1', '+'],
  ],
  [
    'N11 the first that is valid counts',
    `[${OLD.replace('"1"', '""')},${GOOD},${OLD}]`,
    ['N5 /0/id 0', '+', 'N11 /2/specversion 2'],
  ],
  ['J13 a name twice', `[${GOOD.replace('}', ',"id":"2"}')},${GOOD}]`, ['J13 /0/id 0', '+']],
  [
    'J2 both kinds of data',
    `[${GOOD.replace('}', ',"data":1,"data_base64":"AA=="}')},${GOOD}]`,
    ['J2 /0/data_base64 0', '+'],
  ],
]
for (const [rule, body, expected] of ROWS) {
  t.test(`readBatchMembers(): ${rule}`, async (t) => {
    t.strictSame(members(body), expected)
  })
}

const REFUSED: readonly (readonly [what: string, body: string, type: string])[] = [
  ['an object', '{}', 'event-invalid'],
  ['no JSON', `[${GOOD},{]`, 'event-invalid'],
  ['JSON that goes on', `[${GOOD}] 1`, 'event-invalid'],
  ['no UTF-8', '\ufeff[]', 'event-invalid'],
  ['too many', `[${Array(11).fill(GOOD).join()}]`, 'event-too-large'],
]
for (const [what, body, type] of REFUSED) {
  t.test(`readBatchMembers() refuses the whole of a body that is ${what}`, async (t) => {
    t.throws(() => members(body), { type, message: /^Cannot read the / })
  })
}

t.test(
  'readBatchMembers() keeps 1000 violations, and says in a sentence what is wrong beyond',
  async (t) => {
    const all = readBatchMembers(Buffer.from(`[${Array(300).fill('{}').join()}]`), 300)

    const problems = all.filter((member) => member instanceof Problem)
    t.equal(problems.length, 300)
    t.equal(
      problems.reduce((sum, { violations }) => sum + violations.length, 0),
      1000,
    )
    t.match(
      problems.at(-1)?.message,
      /^Cannot read the event: \/299\/\w+ is missing.*, and 3 more$/,
    )
  },
)
