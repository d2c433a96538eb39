import type { ConformanceCase, Source } from '../conformance-case.ts'
import { binary } from '../requests.ts'

const FILTER: Source = { document: 'CESQL', section: '1.2' }
const DIALECT: Source = { document: 'CloudEvents Subscriptions', section: '3.2.4.1.2' }

/** Attributes of the event that is judged. */
const EVENT = {
  type: 'com.example.created',
  source: '/orders/eu',
  subject: 'order 7',
  count: '5',
  flag: 'true',
  price: '-12',
  word: 'Sluice',
}

/** Each expression, and whether the event is to be delivered. */
const ROWS: readonly (readonly [
  section: string,
  what: string,
  expression: string,
  isDelivered: boolean,
  differs?: string,
])[] = [
  ['2.2', 'string-literals', `type = 'com.example.created' AND word = "Sluice"`, true],
  ['2.2', 'escaped-quote', `'it\\'s' = "it's"`, true],
  ['2', 'keywords-any-case', `Not (word lIkE 'S%' aNd FALSE)`, true],
  ['3.7', 'integer-cast', `count = 5 AND price < 0`, true],
  ['3.7', 'boolean-cast', `flag = TRUE`, true],
  ['3.7', 'equals-casts-to-the-right', `5 = '5'`, true],
  ['3.7', 'boolean-text-is-lower-case', `TRUE = 'TRUE'`, false],
  ['3.4.2', 'comparison', `count >= 5 AND count <= 5 AND count > 4 AND count < 6`, true],
  ['3.4.2', 'not-equal', `word != 'sluice' AND word <> 'sluice'`, true],
  ['3.4.2', 'arithmetic', `count * 2 + 3 = 13 AND 7 / 2 = 3 AND -7 % 3 = -1`, true],
  ['3.4', 'precedence', `1 + 2 * 3 = 7 AND NOT FALSE = TRUE`, true],
  ['3.4.2', 'xor', `TRUE XOR FALSE`, true],
  ['3.4.2', 'xor-both', `TRUE XOR TRUE`, false],
  ['3.4.3', 'like', `type LIKE 'com.%.creat_d'`, true],
  ['3.4.3', 'like-case', `word LIKE 'sluice'`, false],
  ['3.4.3', 'like-escape', `'100%' LIKE '1__\\%' AND NOT ('1000' LIKE '1__\\%')`, true],
  ['3.4.3', 'not-like', `word NOT LIKE 'x%'`, true],
  ['3.4.4', 'exists', `EXISTS subject AND EXISTS id AND NOT EXISTS missing`, true],
  ['3.4.5', 'in', `word IN ('a', 'Sluice') AND count IN (1, 5)`, true],
  ['3.4.5', 'not-in', `word NOT IN ('a', 'b')`, true],
  ['3.5', 'length-and-concat', `LENGTH(word) = 6 AND CONCAT('a', 'b', 'c') = 'abc'`, true],
  ['3.5', 'concat-ws', `CONCAT_WS('-', 'a', 'b') = 'a-b'`, true],
  ['3.5', 'case', `LOWER(word) = 'sluice' AND UPPER(word) = 'SLUICE'`, true],
  ['3.5', 'trim', `TRIM('  a ') = 'a'`, true],
  ['3.5', 'left-right', `LEFT(word, 2) = 'Sl' AND RIGHT(word, 2) = 'ce'`, true],
  ['3.5', 'substring', `SUBSTRING(word, 3) = 'uice' AND SUBSTRING(word, 2, 3) = 'lui'`, true],
  ['3.5', 'substring-from-the-end', `SUBSTRING(word, -3) = 'ice'`, true],
  ['3.5', 'abs', `ABS(price) = 12`, true],
  ['3.4.2', 'short-circuit', `FALSE AND (1 / 0 = 0) OR flag = TRUE`, true],
  ['1.2', 'not-boolean', `5`, false, 'cesql'],
  ['1.2', 'text', `'true'`, false, 'cesql'],
  ['1.2', 'division-by-zero', `1 / 0 = 0`, false, 'cesql'],
  ['1.2', 'bad-cast', `INT('x') = 0`, false, 'cesql'],
  ['1.2', 'missing-attribute', `missing = 'x'`, false],
  ['1.2', 'not-of-missing-attribute', `NOT (missing = 'x')`, false, 'cesql'],
]

/** Passes whatever the expression says, so that the Trigger is seen to work. */
const CONTROL = { exact: { type: 'control' } }

/** CESQL, as a Trigger's filter. */
export const CESQL: readonly ConformanceCase[] = [
  ...ROWS.map(
    ([section, what, cesql, isDelivered, differs]): ConformanceCase => ({
      id: `Q-${what}`,
      level: 'MUST',
      source: { document: 'CESQL', section },
      title: `${isDelivered ? 'Delivers' : 'Does not deliver'}: ${cesql}`,
      triggers: { main: { spec: { filters: [{ any: [{ cesql }, CONTROL] }] } } },
      send: [binary(EVENT), binary({ ...EVENT, type: 'control' })],
      expect: {
        delivered: {
          main: [
            ...(isDelivered ? [{ attributes: { type: EVENT.type } }] : []),
            { attributes: { type: 'control' } },
          ],
        },
      },
      ...(differs !== undefined && { differs }),
    }),
  ),
  {
    id: 'Q-time',
    level: 'MUST',
    source: { document: 'CESQL', section: '3.1' },
    title: 'The time can be compared as the text that was sent',
    triggers: { main: { spec: { filters: [{ cesql: `time = '2018-04-05T17:31:00Z'` }] } } },
    send: [binary({ time: '2018-04-05T17:31:00Z' })],
    expect: { delivered: { main: [{}] } },
    differs: 'cesql',
  },
  {
    id: 'Q-nested',
    level: 'MUST',
    source: DIALECT,
    title: 'cesql can stand in not, all and any',
    triggers: {
      main: {
        spec: {
          filters: [
            { all: [{ not: { cesql: `type = 'a'` } }, { any: [{ cesql: `EXISTS subject` }] }] },
          ],
        },
      },
    },
    send: [binary({ type: 'a', subject: 's' }), binary({ type: 'b' }), binary({ subject: 's' })],
    expect: { delivered: { main: [{ attributes: { subject: 's', type: 'conformance' } }] } },
  },
  {
    id: 'Q-unknown-function',
    level: 'MUST',
    source: FILTER,
    title: 'A Trigger whose expression calls an unknown function gets nothing, or is refused',
    triggers: {
      main: { spec: { filters: [{ cesql: 'NO_SUCH(1) = 1' }] }, refused: true },
      control: {},
    },
    send: [binary()],
    expect: { delivered: { main: [], control: [{}] } },
  },
  {
    id: 'Q-syntax-error',
    level: 'SHOULD',
    source: DIALECT,
    title: 'A Trigger whose expression cannot be parsed is refused or not Ready',
    triggers: {
      main: { spec: { filters: [{ cesql: `type = = 'a'` }] }, refused: true },
      control: {},
    },
    send: [binary()],
    expect: { delivered: { main: [], control: [{}] } },
  },
]
