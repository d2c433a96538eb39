import { type RawResponse, rawExchange } from './raw-exchange.ts'
import { seededRandom } from './seeded-random.ts'

/** Bytes to send as they are, in pieces; then the connection is ended, or reset. */
export interface FuzzedRequest {
  readonly text: string
  readonly parts: readonly Buffer[]
  readonly isReset: boolean
}

const PATHS = [
  ...[
    '/healthz',
    '/readyz',
    '/',
    '/problems/event-invalid',
    '/metrics',
    '/triggers',
    '/default/default',
  ],
  ...['/dead-letters', '/dead-letters/', '/problems/', '/a/b/', '//a/..%2f', '*'],
]
const QUERIES = [
  '',
  '',
  '?limit=',
  '?after=',
  '?trigger=',
  '?limit=1&after=',
  '?limit=1&limit=',
  '?',
]
const VALUES = [
  ...[
    '',
    '1',
    '-1',
    '1e3',
    '%',
    '%00',
    '%e0%80',
    '%F0%9F%98%80',
    '\xff',
    '0-1-2',
    'a/b:0:1',
    '../x',
  ],
  ...['MQ==', 'eyJ4IjoxfQ', '9'.repeat(30), '[]', '__proto__', "'", 'x'.repeat(2000)],
]
const BATCH = 'Content-Type: application/cloudevents-batch+json\r\n'
const LENIENT = `${BATCH}Prefer: respond-async, handling=lenient\r\n`
const EVENT = JSON.stringify({ specversion: '1.0', id: '1', source: '/s', type: 't', data: [1] })
const TOKENS = [
  '\r\n',
  '\0',
  '%',
  '"',
  '{',
  ']',
  ':',
  'chunked',
  'ce-',
  ' ',
  '\xff',
  '9'.repeat(20),
  'Transfer-Encoding: chunked\r\n',
  'Expect: 100-continue\r\n',
  'Prefer: handling=lenient\r\n',
  'Content-Length: 5\r\n',
  '\\ud800',
]

/** Makes requests for `/default/default` that are nearly right: the same ones for the same seed. */
export function fuzzRequests(seed: number): () => FuzzedRequest {
  const random = seededRandom(seed)
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
  let lastId = 0
  const head = () =>
    'POST /default/default HTTP/1.1\r\nHost: a\r\nce-specversion: 1.0\r\nce-source: /fuzz\r\n' +
    `ce-type: t\r\nce-id: ${++lastId}\r\n`
  const whole = (headers = '', body = '{}') =>
    `${head()}${headers}Content-Length: ${body.length}\r\n\r\n${body}`
  const seeds = [
    () => whole(),
    () => `${head()}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    () => whole('Content-Type: application/cloudevents+json\r\n', EVENT),
    () => whole(BATCH, `[${EVENT},${EVENT}]`),
    () => whole(LENIENT, `[${EVENT},{"specversion":"1.0","id":""},7,{"a":[{}]},${EVENT}]`),
    () =>
      `${pick(['GET', 'GET', 'OPTIONS', 'DELETE'])} ${pick(PATHS)}${pick(QUERIES)}${pick(VALUES)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    () => whole('a: b\r\n'.repeat(random() * 2000)),
    () => whole(`ce-big: ${'%41'.repeat(random() * 30_000)}\r\n`),
    () =>
      whole('ce-subject: %E2%82%AC\r\nce-time: 2020-01-01T00:00:00Z\r\nExpect: 100-continue\r\n'),
  ]
  const mutate = (text: string): string => {
    const at = Math.floor(random() * text.length)
    const length = Math.floor(random() * 12)
    switch (Math.floor(random() * 5)) {
      case 0:
        return text.slice(0, at) + pick(TOKENS) + text.slice(at)
      case 1:
        return text.slice(0, at) + text.slice(at + length)
      case 2:
        return text.slice(0, at) + text.slice(at, at + length).repeat(3) + text.slice(at + length)
      case 3:
        return text.slice(0, at) + String.fromCharCode(random() * 256) + text.slice(at + 1)
      default:
        return text.slice(0, at)
    }
  }
  return () => {
    let text = pick(seeds)()
    for (let count = Math.floor(random() * 4); count > 0; count--) text = mutate(text)
    if (random() < 0.3) text += pick(seeds)()
    const bytes = Buffer.from(text, 'latin1')
    const cuts = [random(), random()]
      .map((share) => Math.floor(share * bytes.length))
      .sort((a, b) => a - b)
    const parts = [0, ...cuts].map((cut, i) => bytes.subarray(cut, cuts[i]))
    return { text, parts, isReset: random() < 0.1 }
  }
}

/**
 * Sends a request of {@link fuzzRequests}.
 * @throws Error when the server has not ended the connection by the deadline.
 */
export function sendFuzzed(
  port: number,
  { parts, isReset }: FuzzedRequest,
  deadlineMs?: number,
): Promise<readonly RawResponse[]> {
  return rawExchange(port, '', {
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    send: (socket) => {
      const left = [...parts]
      const next = () => {
        const part = left.shift()
        if (part !== undefined) socket.write(part, () => setImmediate(next))
        else if (isReset) socket.resetAndDestroy()
        else socket.end()
      }
      next()
    },
  })
}
