import { seededRandom } from '../support/seeded-random.ts'

const TOKENS = [
  ...['\r\n', '\r\n\r\n', '\n', '\r', '\0', ':', ' ', ';', '0', 'f', '\xff', '\xe9', '-1', '\t'],
  ...['HTTP/1.1 200 OK\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.0', 'HTTP/2', 'chunked'],
  ...['Content-Length: 3\r\n', 'Content-Length: 3,3\r\n', 'Transfer-Encoding: chunked\r\n'],
  ...['Transfer-Encoding: gzip, chunked\r\n', 'Connection: close\r\n', 'Keep-Alive: timeout=0\r\n'],
  ...['Connection: upgrade\r\nUpgrade: x\r\n', 'content-type: application/cloudevents\r\n'],
  ...[
    '9'.repeat(20),
    '%',
    '%ED%A0%80',
    '"',
    '{',
    '\\ud800',
    'ce-id: 2\r\n',
    '0\r\n\r\n',
    '5\r\nabcde\r\n',
  ],
  ...[`x: ${'x'.repeat(2000)}\r\n`, 'Retry-After: 1e9\r\n', 'Kne-\xe9: x\r\n'],
  ...[
    'Kne-a: \xe9\x9b\xff\r\n',
    'Kne-data: x\r\n',
    'Kne-ID: x\r\n',
    'Kne-time: \xed\xa0\x80\r\n',
    'Kne-x1: \xef\xbf\xbf\r\n',
  ],
  ...['Kne-b: \xc2\x85\t"%41\r\n', 'ce-data: x\r\n', 'content-type: text/plain; \r\n'],
]

/** A text that tells whose answer it stands in, and that no small damage makes another's. */
export function mark(id: number): string {
  return `m${id}.${(id * 7919 + 4321) % 1_000_003}x`
}

/** Whose {@link mark} stands in a text. */
export function markIn(text: string): number | undefined {
  for (const [found, id] of text.matchAll(/m(\d{1,9})\.\d{1,7}x/g)) {
    if (mark(Number(id)) === found) return Number(id)
  }
  return undefined
}

const event = (id: number) =>
  JSON.stringify({ specversion: '1.0', id: mark(id), source: '/', type: 't', data: mark(id) })
const whole = (status: string, headers: string, body: string) =>
  `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`
const chunks = (body: string) =>
  `${(5).toString(16)}\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)};a=b\r\n${body.slice(5)}\r\n0\r\nx: y\r\n\r\n`

/** What a good subscriber may answer. */
const ANSWERS: readonly ((id: number) => string)[] = [
  () => whole('202 Accepted', '', ''),
  () => 'HTTP/1.1 204 No Content\r\n\r\n',
  (id) =>
    whole(
      '200 OK',
      `ce-specversion: 1.0\r\nce-id: ${mark(id)}\r\nce-source: /\r\nce-type: t\r\nContent-Type: text/plain\r\n`,
      mark(id),
    ),
  (id) => whole('200 OK', 'Content-Type: application/cloudevents+json\r\n', event(id)),
  (id) =>
    `HTTP/1.1 200 OK\r\nContent-Type: application/cloudevents+json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks(event(id))}`,
  (id) => whole('503 No', `Retry-After: 1\r\nKne-mark: ${mark(id)}\r\n`, mark(id)),
  (id) => `HTTP/1.1 103 Hints\r\nlink: a\r\n\r\n${whole('500 No', '', mark(id))}`,
  (id) => `HTTP/1.1 200 OK\r\nContent-Type: application/cloudevents+json\r\n\r\n${event(id)}`,
  (id) => whole('301 There', 'Location: /\r\nKeep-Alive: timeout=9\r\n', mark(id)),
]

/** Bytes to answer a request with, and what to do with the connection then. */
export interface RubbishAnswer {
  readonly bytes: Buffer
  /** Where they are cut in two; at their end for most of them, which come whole. */
  readonly cut: number
  readonly ending: 'wait' | 'end' | 'reset'
}

/** The answer to the event of this number: nearly right for most, the same one for the same seed. */
export function rubbishAnswer(seed: number, id: number): RubbishAnswer {
  const random = seededRandom(seed + id * 7919)
  const below = (bound: number) => Math.floor(random() * bound)
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T
  const damaged = (text: string): string => {
    const at = below(text.length + 1)
    const length = below(12)
    const line = text.indexOf('\r\n', at) + 2
    switch (below(6)) {
      case 0:
        return text.slice(0, at) + text.slice(at + length)
      case 1:
        return text.slice(0, at) + text.slice(at, at + length).repeat(2) + text.slice(at + length)
      case 2:
        return text.slice(0, at) + String.fromCharCode(below(256)) + text.slice(at + 1)
      case 3:
        return text.slice(0, line) + pick(TOKENS) + text.slice(line)
      default:
        return text.slice(0, at) + pick(TOKENS) + text.slice(at)
    }
  }
  let text = pick(ANSWERS)(id)
  for (let count = below(4); count > 0; count--) text = damaged(text)
  const nothing = random() < 0.05
  if (nothing) text = String.fromCharCode(...Array.from({ length: below(60) }, () => below(256)))
  const bytes = Buffer.from(text, 'latin1')
  const after = random()
  return {
    bytes,
    cut: random() < 0.7 ? bytes.length : below(bytes.length + 1),
    ending: after < 0.6 ? 'wait' : after < 0.9 ? 'end' : 'reset',
  }
}
