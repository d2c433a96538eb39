import type { ConformanceCase, DeliveryExpectation, Source } from '../conformance-case.ts'
import { binary, structured } from '../requests.ts'

const EXTENSIONS: Source = { document: 'Knative tests', section: 'broker: dead letter extensions' }
const DELIVERY: Source = { document: 'Knative control plane', section: 'Event Delivery' }

const SINK = { uri: '{url:sink}' }
const ONCE = { main: { spec: { delivery: { retry: 0, deadLetterSink: SINK } } } }

interface Row {
  readonly id: string
  readonly title: string
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly expected: DeliveryExpectation['attributes'] & object
  readonly differs?: string
}

/** The subscriber answers 400 like this; the sink must get the event with these attributes. */
function failedWith({ id, title, body, headers, expected, differs }: Row): ConformanceCase {
  return {
    id,
    level: 'SHOULD',
    source: EXTENSIONS,
    title,
    triggers: ONCE,
    subscribers: {
      main: [{ status: 400, ...(body !== undefined && { body }), ...(headers && { headers }) }],
    },
    send: [binary({ ext: 'x' }, '{"a":1}')],
    expect: {
      delivered: { main: [{}] },
      deadLetter: [
        {
          attributes: {
            knativeerrordest: '{url:main}',
            knativeerrorcode: '400',
            type: 'conformance',
            ext: 'x',
            ...expected,
          },
          json: { a: 1 },
        },
      ],
    },
    ...(differs !== undefined && { differs }),
  }
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** What becomes of an event that could not be delivered. */
export const DEAD_LETTERS: readonly ConformanceCase[] = [
  failedWith({
    id: 'D37-no-data',
    title: 'A dead letter says where it could not be delivered, and the status',
    expected: { knativeerrordata: null },
  }),
  failedWith({
    id: 'D37-data',
    title: "A dead letter has the answer's body in base64",
    body: 'out of order',
    expected: { knativeerrordata: base64('out of order') },
  }),
  failedWith({
    id: 'D37-html',
    title: 'Base64 keeps markup and line feeds',
    body: '<h1>\r\n"no"</h1>',
    headers: { 'content-type': 'text/html' },
    expected: { knativeerrordata: base64('<h1>\r\n"no"</h1>') },
  }),
  failedWith({
    id: 'D37-large-data',
    title: "A dead letter has no more than the first 1024 bytes of the answer's body",
    body: 'x'.repeat(5000),
    expected: { knativeerrordata: base64('x'.repeat(1024)) },
  }),
  failedWith({
    id: 'D37-kne-header',
    title: 'A header Kne-<name> of the answer becomes an attribute of the dead letter',
    headers: { 'Kne-Reason': 'broken', 'kne-retryhint': '5' },
    expected: { reason: 'broken', retryhint: '5' },
  }),
  {
    ...failedWith({
      id: 'X1-kne-header-dash',
      title: 'A header Kne- whose name is no attribute name is ignored, and the Trigger goes on',
      headers: { 'Kne-X-Dash': 'a', 'kne-x_y': 'b', 'kne-': 'c', 'kne-good': 'd' },
      expected: { good: 'd' },
      differs: 'kne-header',
    }),
    level: 'MUST',
    source: DELIVERY,
    send: [binary({ ext: 'x' }, '{"a":1}'), binary({ ext: 'x' }, '{"a":1}')],
    expect: {
      delivered: { main: [{}, {}] },
      deadLetter: [{ attributes: { good: 'd' } }, { attributes: { good: 'd' } }],
    },
  },
  {
    id: 'D37-unreachable',
    level: 'SHOULD',
    source: EXTENSIONS,
    title: 'A dead letter of a subscriber that cannot be reached has no status',
    alone: true,
    triggers: {
      main: {
        spec: { subscriber: { uri: '{closed}' }, delivery: { retry: 0, deadLetterSink: SINK } },
      },
    },
    send: [binary({}, '{"a":1}')],
    expect: {
      deadLetter: [
        {
          attributes: {
            knativeerrordest: '{closed}',
            knativeerrorcode: null,
            knativeerrordata: null,
          },
          json: { a: 1 },
        },
      ],
    },
  },
  {
    id: 'D37-timeout',
    level: 'SHOULD',
    source: EXTENSIONS,
    title: 'A dead letter of a subscriber that does not answer has no status',
    triggers: { main: { spec: { delivery: { timeout: 'PT0.3S', deadLetterSink: SINK } } } },
    subscribers: { main: [{ instead: 'hang' }] },
    send: [binary()],
    expect: {
      delivered: { main: [{}] },
      deadLetter: [{ attributes: { knativeerrorcode: null, knativeerrordest: '{url:main}' } }],
    },
  },
  {
    id: 'D4-dead-letter-version-kept',
    level: 'SHOULD',
    source: { document: 'Knative Broker', section: 'Delivery' },
    title: 'A dead letter has the version of its event',
    triggers: ONCE,
    subscribers: { main: [{ status: 400 }] },
    send: [binary({ specversion: '0.3' }, '{}')],
    expect: { delivered: { main: [{}] }, deadLetter: [{ attributes: { specversion: '0.3' } }] },
    differs: 'dead-letter-version',
  },
  {
    id: 'S-dead-letter-version-knative',
    level: 'MAY',
    source: { document: 'Sluice', section: 'Annotations' },
    title: 'With knative-kafka a dead letter is an event of version 1.0',
    triggers: {
      main: { ...ONCE.main, annotations: { 'sluice.dev/compatibility': 'knative-kafka' } },
    },
    subscribers: { main: [{ status: 400 }] },
    send: [binary({ specversion: '0.3' }, '{}')],
    expect: { delivered: { main: [{}] }, deadLetter: [{ attributes: { specversion: '1.0' } }] },
    restores: 'dead-letter-version',
  },
  {
    id: 'C16-nothing-lost-behind',
    level: 'MUST',
    source: DELIVERY,
    title: 'Without a dead letter sink, an event that cannot be delivered holds up no other',
    triggers: { main: { spec: { delivery: { retry: 0 } } } },
    subscribers: { main: [{ status: 400 }, { status: 202 }] },
    send: [binary(), binary(), binary()],
    expect: { delivered: { main: [{}, {}, {}] } },
  },
  {
    id: 'C17-sink-repeated',
    level: 'SHOULD',
    source: DELIVERY,
    title: 'A delivery to the dead letter sink is repeated like any other',
    triggers: {
      main: {
        spec: {
          delivery: {
            retry: 2,
            backoffPolicy: 'linear',
            backoffDelay: 'PT0.05S',
            deadLetterSink: SINK,
          },
        },
      },
    },
    subscribers: { main: [{ status: 400 }], sink: [{ status: 503 }, { status: 202 }] },
    send: [binary()],
    expect: { delivered: { main: [{}] }, deadLetter: [{}, {}] },
  },
  {
    id: 'C16-data-kept',
    level: 'SHOULD',
    source: DELIVERY,
    title: 'A dead letter is the event as it was, to the last byte',
    triggers: ONCE,
    subscribers: { main: [{ status: 400 }] },
    send: [
      binary({ time: '2018-04-05T17:31:00.000Z' }, '{"a":9007199254740993}'),
      structured({ data_base64: 'AQL/', datacontenttype: 'image/png' }),
    ],
    expect: {
      delivered: { main: [{}, {}] },
      deadLetter: [
        { data: '{"a":9007199254740993}', attributes: { time: '2018-04-05T17:31:00.000Z' } },
        { data: Uint8Array.of(1, 2, 255), attributes: { datacontenttype: 'image/png' } },
      ],
    },
    differs: 'time-syntax',
  },
]
