import type { ConformanceCase, Source } from '../conformance-case.ts'
import { delivered, REFUSED, refused } from '../expectations.ts'
import { batch, binary, structured, structuredText, withHeaders } from '../requests.ts'

const MODES: Source = { document: 'CloudEvents HTTP', section: '3' }
const CONTENT_TYPE: Source = { document: 'CloudEvents HTTP', section: '3.1.1' }
const HEADERS: Source = { document: 'CloudEvents HTTP', section: '3.1.3' }
const VALUES: Source = { document: 'CloudEvents HTTP', section: '3.1.3.2' }
const DATA: Source = { document: 'CloudEvents HTTP', section: '3.1.2' }
const BATCH: Source = { document: 'CloudEvents HTTP', section: '3.3' }
const FIELDS: Source = { document: 'HTTP Semantics', section: '5.3' }

const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1')
const BYTES = Uint8Array.from({ length: 256 }, (_, index) => index)

const MODE_CASES: readonly ConformanceCase[] = [
  ...(
    [
      ['charset', 'application/cloudevents+json; charset=utf-8'],
      ['no-space', 'application/cloudevents+json;charset="UTF-8"'],
      ['upper-case', 'APPLICATION/CloudEvents+JSON'],
    ] as const
  ).map(
    ([what, contentType]): ConformanceCase => ({
      id: `H2-${what}`,
      level: 'MUST',
      source: MODES,
      title: `${contentType} is structured mode`,
      send: [structured({ data: 1 }, contentType)],
      expect: delivered({ json: 1, attributes: { type: 'conformance' } }),
      ...(what === 'upper-case' && { differs: 'content-type-case' }),
    }),
  ),
  {
    id: 'H3-unknown-format',
    level: 'SHOULD',
    source: MODES,
    title: 'An event format that is not understood is answered with 415',
    send: [structured({}, 'application/cloudevents+avro')],
    expect: refused(415),
    differs: 'status-codes',
  },
  {
    id: 'H15-structured-wins',
    level: 'MUST',
    source: { document: 'CloudEvents HTTP', section: '3.2.3' },
    title: 'In structured mode the body counts, not the ce- headers beside it',
    send: [withHeaders(structured(), ['ce-type', 'other'], ['ce-ext', 'other'])],
    expect: delivered({ attributes: { type: 'conformance', ext: null } }),
  },
  {
    id: 'H18-other-headers',
    level: 'MUST',
    source: HEADERS,
    title: 'Headers that are no attributes do not become any',
    send: [withHeaders(binary(), ['x-foo', 'bar'], ['ce', 'x'])],
    expect: delivered({ attributes: { 'x-foo': null, foo: null } }),
  },
  {
    id: 'H21-media-type-kept',
    level: 'MUST',
    covers: ['H4'],
    source: CONTENT_TYPE,
    title: 'Content-Type is the datacontenttype as it is, with parameters and case',
    send: [binary({}, 'x', 'TEXT/Plain; CharSet=utf-8')],
    expect: delivered({ attributes: { datacontenttype: 'TEXT/Plain; CharSet=utf-8' }, data: 'x' }),
  },
  {
    id: 'H5-ce-datacontenttype',
    level: 'SHOULD',
    source: HEADERS,
    title: 'A header ce-datacontenttype, which must not be there, is refused',
    send: [binary({ datacontenttype: 'text/plain' }, '{}')],
    expect: REFUSED,
    differs: 'ambiguous-attributes',
  },
  {
    id: 'H22-implied-content-type',
    level: 'SHOULD',
    covers: ['J6'],
    source: { document: 'CloudEvents JSON', section: '3.1' },
    title: 'Data of a structured event without datacontenttype is delivered as application/json',
    send: [structured({ data: { a: 1 } })],
    expect: delivered({ attributes: { datacontenttype: /^application\/json/ }, json: { a: 1 } }),
  },
  {
    id: 'H22-base64-without-type',
    level: 'MUST',
    source: { document: 'CloudEvents JSON', section: '3.1' },
    title: 'data_base64 without datacontenttype is delivered without one',
    send: [structured({ data_base64: 'AQL/' })],
    expect: delivered({ attributes: { datacontenttype: null }, data: Uint8Array.of(1, 2, 255) }),
  },
]

const VALUE_CASES: readonly ConformanceCase[] = [
  {
    id: 'H7-percent-encoding',
    level: 'MUST',
    source: VALUES,
    title: 'Spaces, quotes, percent signs and everything beyond ASCII are percent-encoded',
    send: [structured({ ext: 'Euro € 😀 "100%"', subject: '/a:b~' })],
    expect: delivered({
      headers: {
        'ce-ext': 'Euro%20%E2%82%AC%20%F0%9F%98%80%20%22100%25%22',
        'ce-subject': '/a:b~',
      },
    }),
    differs: 'percent-encoding',
  },
  {
    id: 'H7-ascii',
    level: 'MUST',
    source: VALUES,
    title: 'In ASCII, too, spaces, quotes and percent signs are percent-encoded',
    send: [structured({ ext: 'a "b" 100%' })],
    expect: delivered({ headers: { 'ce-ext': 'a%20%22b%22%20100%25' } }),
    differs: 'ascii-values',
  },
  {
    id: 'S-attribute-encoding-raw',
    level: 'MAY',
    source: { document: 'Sluice', section: 'Annotations' },
    title: 'With sluice.dev/attribute-encoding: raw, printable ASCII is not percent-encoded',
    broker: { annotations: { 'sluice.dev/attribute-encoding': 'raw' } },
    send: [structured({ ext: 'a "b" 100%' })],
    expect: delivered({ headers: { 'ce-ext': 'a "b" 100%' } }),
    restores: 'ascii-values',
  },
  {
    id: 'H8-one-round',
    level: 'MUST',
    source: VALUES,
    title: 'A value is decoded once, and encoded once',
    send: [binary({ ext: '100%2525' })],
    expect: delivered({ headers: { 'ce-ext': '100%2525' } }),
  },
  {
    id: 'H9-percent-decoding',
    level: 'MUST',
    source: VALUES,
    title: 'Needless and lower-case percent-encoding means the same as none',
    triggers: { main: { spec: { filters: [{ exact: { ext: '01é' } }] } } },
    send: [binary({ ext: '%30%31%c3%a9' })],
    expect: delivered({ attributes: { ext: '01é' } }),
    differs: 'percent-encoding',
  },
  {
    id: 'H9-quotes',
    level: 'MUST',
    source: VALUES,
    title: 'A quoted string in a header is unescaped',
    send: [binary({ ext: '"a \\"b\\""' })],
    expect: delivered({ attributes: { ext: 'a "b"' } }),
    differs: 'percent-encoding',
  },
  ...(
    [
      ['overlong', '%C0%A0'],
      ['surrogate', '%ED%A0%80'],
      ['truncated', '%E2'],
      ['bad-lead', '%82'],
      ['lone-percent', '50%'],
      ['one-digit', '%0'],
      ['no-digits', '%g0'],
      ['open-quote', '"abc'],
    ] as const
  ).map(
    ([what, value]): ConformanceCase => ({
      id: `H10-${what}`,
      level: 'MUST',
      source: VALUES,
      title: `A header value ${value} is refused`,
      send: [binary({ ext: value })],
      expect: REFUSED,
      differs: 'percent-encoding',
    }),
  ),
  {
    id: 'H11-raw-utf8',
    level: 'SHOULD',
    source: VALUES,
    title: 'Raw UTF-8 in a header is taken as the characters it stands for',
    send: [binary({ ext: latin1('é €') })],
    expect: delivered({ headers: { 'ce-ext': '%C3%A9%20%E2%82%AC' } }),
    differs: 'beyond-latin1',
  },
  {
    id: 'H11-raw-latin1',
    level: 'SHOULD',
    source: VALUES,
    title: 'Bytes in a header that are neither ASCII nor UTF-8 are refused',
    send: [binary({ ext: 'caf\u00e9' })],
    expect: REFUSED,
    differs: 'beyond-latin1',
  },
  ...['ce-id', 'ce-ext', 'content-type'].map(
    (name): ConformanceCase => ({
      id: `H12-${name}`,
      level: 'SHOULD',
      covers: ['N4'],
      source: FIELDS,
      title: `An event with two headers ${name} is refused`,
      send: [withHeaders(binary({ ext: 'a' }, 'x', 'text/plain'), [name, 'text/html'])],
      expect: REFUSED,
      differs: 'ambiguous-attributes',
    }),
  ),
  {
    id: 'H13-space-around',
    level: 'MUST',
    source: FIELDS,
    title: 'Space around a header value is not part of it; space inside is',
    send: [binary({ ext: '  a b\t' })],
    expect: delivered({ attributes: { ext: 'a b' } }),
  },
]

const DATA_CASES: readonly ConformanceCase[] = [
  ...(
    [
      ['json-numbers', '{"a":9007199254740993, "b":1e400, "c":1.10}', 'application/json'],
      ['json-repeated-keys', '{"a":1, "a":2, "__proto__":{}}', 'application/json'],
      ['json-not-valid', '{not json', 'application/json'],
      ['json-byte-order-mark', '\ufeff{"a":1}', 'application/json'],
      ['latin1', Uint8Array.of(0x63, 0x61, 0x66, 0xe9), 'text/plain;charset=iso-8859-1'],
      ['all-bytes', BYTES, 'application/octet-stream'],
      ['image', Uint8Array.of(0x89, 0x50, 0x4e, 0x47), 'image/png'],
    ] as const
  ).map(
    ([what, data, contentType]): ConformanceCase => ({
      id: `H20-${what}`,
      level: 'MUST',
      source: DATA,
      title: `Data in binary mode is forwarded byte for byte: ${what.replaceAll('-', ' ')}`,
      send: [binary({}, data, contentType)],
      expect: delivered({ data, attributes: { datacontenttype: contentType } }),
    }),
  ),
  {
    id: 'H20-empty',
    level: 'MUST',
    source: DATA,
    title: 'An event without data is delivered without a body',
    send: [binary(), structured()],
    expect: delivered({ data: null }, { data: null }),
  },
]

const BATCH_CASES: readonly ConformanceCase[] = [
  {
    id: 'H17-empty',
    level: 'MAY',
    source: BATCH,
    title: 'An empty batch is accepted',
    send: [batch([])],
    expect: { answer: { status: [200, 202, 204] } },
    differs: 'batch',
  },
  ...(
    [
      ['object', '{"specversion":"1.0","id":"{token}","source":"/s","type":"t"}'],
      ['number-inside', '[1]'],
      ['null-inside', '[null]'],
      ['not-json', '[{'],
    ] as const
  ).map(
    ([what, body]): ConformanceCase => ({
      id: `H17-${what}`,
      level: 'MUST',
      source: BATCH,
      title: `A batch is refused that is ${what.replaceAll('-', ' ')}`,
      send: [structuredText(body, 'application/cloudevents-batch+json')],
      expect: REFUSED,
    }),
  ),
  {
    id: 'H17-all-or-nothing',
    level: 'MAY',
    source: BATCH,
    title: 'Of a batch with an invalid event nothing is delivered',
    send: [batch([{}, { type: '' }, {}])],
    expect: REFUSED,
  },
  {
    id: 'H17-lenient',
    level: 'MAY',
    source: { document: 'HTTP Prefer', section: '4.4' },
    title:
      'With Prefer: handling=lenient the valid events of a batch are taken, and each is answered for',
    send: [
      withHeaders(batch([{ data: 1 }, { type: '' }, { data: 3 }]), ['prefer', 'handling=lenient']),
    ],
    expect: {
      answer: { status: 202, body: /^\[.*accepted.*rejected.*type.*accepted.*\]\s*$/s },
      delivered: { main: [{ json: 1 }, { json: 3 }] },
    },
    differs: 'batch',
  },
  {
    id: 'H17-lenient-none',
    level: 'MAY',
    source: { document: 'HTTP Prefer', section: '4.4' },
    title: 'With Prefer: handling=lenient a batch without any valid event is refused',
    send: [withHeaders(batch([{ type: '' }, { id: '' }]), ['prefer', 'handling=lenient'])],
    expect: REFUSED,
  },
]

/** How events and HTTP messages become each other. */
export const HTTP: readonly ConformanceCase[] = [
  ...MODE_CASES,
  ...VALUE_CASES,
  ...DATA_CASES,
  ...BATCH_CASES,
]
