import type { ConformanceCase, DeliveryExpectation, Source } from '../conformance-case.ts'
import { delivered, REFUSED } from '../expectations.ts'
import { structured, structuredText } from '../requests.ts'

const DATA: Source = { document: 'CloudEvents JSON', section: '3.1' }
const ENVELOPE: Source = { document: 'CloudEvents JSON', section: '3' }
const DUPLICATES: Source = { document: 'CloudEvents', section: 'Context Attributes' }

const HEAD = '"specversion":"1.0","id":"{token}.{n}","source":"/s","type":"conformance"'

function jsonCase(
  id: string,
  title: string,
  members: Readonly<Record<string, unknown>>,
  expected: DeliveryExpectation,
): ConformanceCase {
  return {
    id,
    level: 'MUST',
    source: DATA,
    title,
    send: [structured(members)],
    expect: delivered(expected),
  }
}

/** The JSON event format. */
export const JSON_FORMAT: readonly ConformanceCase[] = [
  {
    ...jsonCase(
      'J3-base64',
      'data_base64 is delivered as the bytes it stands for',
      { data_base64: 'AQL/', datacontenttype: 'application/octet-stream' },
      { data: Uint8Array.of(1, 2, 255) },
    ),
    covers: ['T4'],
  },
  jsonCase(
    'J5-string-is-json',
    'A string as JSON data stays a JSON string',
    { data: '{"a":1}' },
    { data: '"{\\"a\\":1}"' },
  ),
  jsonCase(
    'J7-text',
    'A string as data that is not JSON is the text itself',
    { data: '<a/>', datacontenttype: 'application/xml' },
    { data: '<a/>' },
  ),
  ...(
    [
      ['null', null],
      ['false', false],
      ['zero', 0],
      ['empty-string', ''],
    ] as const
  ).map(([what, data]) =>
    jsonCase(
      `J9-${what}`,
      `Data that is ${what.replace('-', ' ')} is not the same as none`,
      { data },
      { data: JSON.stringify(data) },
    ),
  ),
  ...(
    [
      ['vendor', 'application/vnd.x+json', undefined],
      ['parameter', 'application/vnd.x+json;v=1', undefined],
      ['text-json', 'text/json', undefined],
      ['upper-case', 'Application/JSON;charset="utf-8"', undefined],
    ] as const
  ).map(
    ([what, datacontenttype]): ConformanceCase => ({
      ...jsonCase(
        `J4-${what}`,
        `Data of type ${datacontenttype} is JSON`,
        { data: { a: 1 }, datacontenttype },
        { json: { a: 1 }, attributes: { datacontenttype } },
      ),
      ...(!['upper-case', 'text-json'].includes(what) && { differs: 'json-types' }),
    }),
  ),
  {
    id: 'J2-both',
    level: 'MUST',
    source: DATA,
    title: 'An event with data and data_base64 is refused',
    send: [structured({ data: 1, data_base64: 'AQL/' })],
    expect: REFUSED,
  },
  {
    id: 'J3-bad-base64',
    level: 'MUST',
    source: DATA,
    title: 'An event is refused whose data_base64 is no base64',
    send: [structured({ data_base64: '!!!' }), structured({ data_base64: 5 })],
    expect: REFUSED,
  },
  {
    id: 'J7-object-as-text',
    level: 'MAY',
    source: DATA,
    title: 'An object as data of a type that is not JSON is refused',
    send: [structured({ data: { a: 1 }, datacontenttype: 'application/xml' })],
    expect: REFUSED,
  },
  ...(
    [
      ['array', '[]'],
      ['string', '"x"'],
      ['number', '1'],
      ['null', 'null'],
      ['nothing', ''],
    ] as const
  ).map(
    ([what, body]): ConformanceCase => ({
      id: `J12-${what}`,
      level: 'MUST',
      source: ENVELOPE,
      title: `A structured event is refused that is ${what}`,
      send: [structuredText(body)],
      expect: REFUSED,
    }),
  ),
  {
    id: 'J13-repeated-key',
    level: 'SHOULD',
    source: DUPLICATES,
    title: 'An event with the same JSON member twice is refused',
    send: [
      structuredText(`{${HEAD},"id":"{token}.other"}`),
      structuredText(`{${HEAD},"a":"1","a":"1"}`),
    ],
    expect: REFUSED,
    differs: 'lax-json',
  },
  {
    id: 'J13-names-of-objects',
    level: 'MUST',
    source: DUPLICATES,
    title: 'Extensions with the names of built-in members are extensions like others',
    send: [structured({ constructor: 'a', validate: 'b', emit: 'c', tostring: 'd' })],
    expect: delivered({
      attributes: { constructor: 'a', validate: 'b', emit: 'c', tostring: 'd' },
    }),
  },
  {
    id: 'J14-data-kept',
    level: 'SHOULD',
    source: { document: 'Knative Broker', section: 'Delivery' },
    title: 'JSON data in structured mode is forwarded byte for byte: large numbers and white space',
    send: [structuredText(`{${HEAD},"data":{ "a" : 9007199254740993, "b":1.10 }}`)],
    expect: delivered({ data: '{ "a" : 9007199254740993, "b":1.10 }' }),
    differs: 'json-written-again',
  },
  {
    id: 'J15-byte-order-mark',
    level: 'SHOULD',
    source: ENVELOPE,
    title: 'A byte order mark before the JSON is refused',
    send: [structuredText(`\ufeff{${HEAD}}`)],
    expect: REFUSED,
    differs: 'lax-json',
  },
  {
    id: 'J15-trailing',
    level: 'MUST',
    source: ENVELOPE,
    title: 'Anything behind the JSON is refused',
    send: [structuredText(`{${HEAD}} x`), structuredText(`{${HEAD}}{}`)],
    expect: REFUSED,
    differs: 'lax-json',
  },
  {
    id: 'J15-not-utf8',
    level: 'MUST',
    source: ENVELOPE,
    title: 'JSON that is not UTF-8 is refused',
    send: [
      structuredText(
        Buffer.from('{"specversion":"1.0","id":"\u00ff","source":"/s","type":"t"}', 'latin1'),
      ),
    ],
    expect: REFUSED,
  },
]
