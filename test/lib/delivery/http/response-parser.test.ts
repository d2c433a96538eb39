import t from 'tap'
import { ResponseParser } from '#delivery/http/response-parser.ts'

interface Reading {
  readonly result: string
  readonly status?: number
  readonly headers?: readonly string[]
  readonly body?: string
  /** Only where the answer is complete. */
  readonly idleMs?: number
}

/** Gives the parser one piece after the other, each in the same memory, which is overwritten then. */
function read(pieces: readonly Buffer[]): Reading {
  const parser = new ResponseParser()
  const lent = Buffer.alloc(pieces.reduce((most, { length }) => Math.max(most, length), 0))
  const heads: (readonly [number, readonly string[]])[] = []
  let body = ''
  const handler = {
    onHead: (status: number, rawHeaders: readonly string[]) => heads.push([status, rawHeaders]),
    onBody: (bytes: Buffer) => {
      body += bytes.toString('latin1')
      return true
    },
  }
  parser.begin()
  let result = 'more'
  let isIdle = false
  let strayBytes = 0
  for (const piece of pieces) {
    if (isIdle) strayBytes += piece.length
    if (result !== 'more') continue
    piece.copy(lent)
    result = parser.read(lent.subarray(0, piece.length), handler)
    lent.fill('#', 0, piece.length)
    isIdle = result === 'complete'
  }
  if (result === 'more' && parser.end()) result = 'complete at the end'
  const [head, second] = heads
  if (second !== undefined) return { result: 'two heads' }
  const idleMs = strayBytes > 0 ? 0 : parser.idleMs
  return {
    result,
    ...(head === undefined ? {} : { status: head[0], headers: head[1], body }),
    ...(result.startsWith('complete') ? { idleMs } : {}),
  }
}

/** Whole, byte by byte, and in two pieces, cut at each place. */
function* readings(text: string): Generator<readonly [string, Reading]> {
  const bytes = Buffer.from(text, 'latin1')
  yield ['whole', read([bytes])]
  yield ['byte by byte', read(Array.from(bytes, (byte) => Buffer.of(byte)))]
  for (let at = 1; at < bytes.length; at++) {
    yield [`cut at ${at}`, read([bytes.subarray(0, at), bytes.subarray(at)])]
  }
}

type Row = readonly [name: string, text: string, expected: Reading]

function check(name: string, rows: readonly Row[], only: readonly (keyof Reading)[]): void {
  t.test(name, (t) => {
    for (const [row, text, expected] of rows) {
      const wrong: unknown[] = []
      const wanted = JSON.stringify(pick(expected, only))
      for (const [how, reading] of readings(text)) {
        if (JSON.stringify(pick(reading, only)) !== wanted) wrong.push([how, reading])
      }
      t.strictSame(wrong, [], row)
    }
    t.end()
  })
}

function pick(reading: Reading, keys: readonly (keyof Reading)[]): unknown[] {
  return keys.map((key) => reading[key])
}

const OK = 'HTTP/1.1 200 OK\r\n'

check(
  'answers (RFC 9112, sections 4 to 7)',
  [
    [
      'empty, with its length',
      `${OK}content-length: 0\r\n\r\n`,
      {
        result: 'complete',
        status: 200,
        headers: ['content-length', '0'],
        body: '',
        idleMs: 4000,
      },
    ],
    [
      'names and values as they are, without the space around values',
      'HTTP/1.1 503 No\r\nX-A:b\r\nX-A: \t c d\xe9\xa0 \t\r\nEmpty:\r\nEMPTY: \r\nContent-Length:3\r\n\r\nabc',
      {
        result: 'complete',
        status: 503,
        headers: [
          'X-A',
          'b',
          'X-A',
          'c d\xe9\xa0',
          'Empty',
          '',
          'EMPTY',
          '',
          'Content-Length',
          '3',
        ],
        body: 'abc',
        idleMs: 4000,
      },
    ],
    [
      'no header at all, a body until the connection ends',
      `${OK}\r\nto the end`,
      {
        result: 'complete at the end',
        status: 200,
        headers: [],
        body: 'to the end',
        idleMs: 0,
      },
    ],
    [
      'no reason',
      'HTTP/1.1 202\r\ncontent-length: 0\r\n\r\n',
      {
        result: 'complete',
        status: 202,
        headers: ['content-length', '0'],
        body: '',
        idleMs: 4000,
      },
    ],
    [
      'chunked, with extensions and trailers',
      `${OK}transfer-encoding: Chunked\r\n\r\n3;a="b c"\r\nabc\r\n0A\r\n0123456789\r\n00;x\r\nx-t: 1\r\nx-u:\r\n\r\n`,
      {
        result: 'complete',
        status: 200,
        headers: ['transfer-encoding', 'Chunked'],
        body: 'abc0123456789',
        idleMs: 4000,
      },
    ],
    [
      'interim answers before it',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: a\r\ncontent-length: 9\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n',
      {
        result: 'complete',
        status: 202,
        headers: ['Content-Length', '0'],
        body: '',
        idleMs: 4000,
      },
    ],
  ],
  ['result', 'status', 'headers', 'body', 'idleMs'],
)

check(
  'where a body ends (RFC 9112, section 6.3)',
  [
    ['204', 'HTTP/1.1 204 No\r\n\r\n', { result: 'complete', body: '', idleMs: 4000 }],
    [
      '204 that names a length',
      'HTTP/1.1 204 No\r\ncontent-length: 5\r\n\r\n',
      { result: 'complete', body: '', idleMs: 4000 },
    ],
    [
      '304 that names a length and a coding',
      'HTTP/1.1 304 No\r\ncontent-length: x\r\ntransfer-encoding: gzip\r\n\r\n',
      { result: 'complete', body: '', idleMs: 0 },
    ],
    [
      'the same length twice',
      `${OK}content-length: 2\r\ncontent-length: 2, 2\r\n\r\nab`,
      { result: 'complete', body: 'ab', idleMs: 4000 },
    ],
    [
      'several lengths',
      `${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
      { result: 'bad-length' },
    ],
    ['several in one', `${OK}content-length: 1, 2\r\n\r\nab`, { result: 'bad-length' }],
    ['no length', `${OK}content-length:\r\n\r\n`, { result: 'bad-length' }],
    ['a negative length', `${OK}content-length: -1\r\n\r\n`, { result: 'bad-length' }],
    ['a signed length', `${OK}content-length: +1\r\n\r\na`, { result: 'bad-length' }],
    ['a hexadecimal length', `${OK}content-length: 0x1\r\n\r\na`, { result: 'bad-length' }],
    [
      'a length beyond numbers',
      `${OK}content-length: ${'9'.repeat(16)}\r\n\r\n`,
      { result: 'bad-length' },
    ],
    ['less than its length', `${OK}content-length: 3\r\n\r\nab`, { result: 'more', body: 'ab' }],
    [
      'more than its length',
      `${OK}content-length: 2\r\n\r\nabc`,
      { result: 'complete', body: 'ab', idleMs: 0 },
    ],
    [
      'another answer after it',
      `${OK}content-length: 0\r\n\r\n${OK}content-length: 0\r\n\r\n`,
      { result: 'complete', body: '', idleMs: 0 },
    ],
    [
      'chunked and a length',
      `${OK}content-length: 9\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`,
      { result: 'complete', body: 'a', idleMs: 0 },
    ],
    [
      'more after the last chunk',
      `${OK}transfer-encoding: chunked\r\n\r\n0\r\n\r\nx`,
      { result: 'complete', body: '', idleMs: 0 },
    ],
    ['another coding', `${OK}transfer-encoding: gzip\r\n\r\nx`, { result: 'bad-coding' }],
    [
      'another coding beside it',
      `${OK}transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      { result: 'bad-coding' },
    ],
    [
      'chunked, but not last',
      `${OK}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
      { result: 'bad-coding' },
    ],
    ['an empty coding', `${OK}transfer-encoding:\r\n\r\n0\r\n\r\n`, { result: 'bad-coding' }],
  ],
  ['result', 'body', 'idleMs'],
)

const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`

check(
  'broken chunks (RFC 9112, section 7.1)',
  [
    ['no size', `${CHUNKED}\r\n`, { result: 'bad-chunk' }],
    ['a size that is no number', `${CHUNKED}g\r\n`, { result: 'bad-chunk' }],
    ['a negative size', `${CHUNKED}-1\r\n`, { result: 'bad-chunk' }],
    ['a size with a prefix', `${CHUNKED}0x1\r\na\r\n`, { result: 'bad-chunk' }],
    ['a size beyond numbers', `${CHUNKED}${'f'.repeat(13)}\r\n`, { result: 'bad-chunk' }],
    ['many zeros', `${CHUNKED}${'0'.repeat(13)}\r\n`, { result: 'bad-chunk' }],
    ['space before the size', `${CHUNKED} 1\r\na\r\n`, { result: 'bad-chunk' }],
    ['space after the size', `${CHUNKED}1 \r\na\r\n`, { result: 'bad-chunk' }],
    ['a bare LF after the size', `${CHUNKED}1\na\r\n`, { result: 'bad-chunk' }],
    ['a bare CR after the size', `${CHUNKED}1\ra\r\n`, { result: 'bad-chunk' }],
    ['a line end in an extension', `${CHUNKED}1;a\nb\r\na\r\n`, { result: 'bad-chunk' }],
    ['data that is longer than its size', `${CHUNKED}1\r\nab\r\n`, { result: 'bad-chunk' }],
    ['a bare LF after the data', `${CHUNKED}1\r\na\n0\r\n\r\n`, { result: 'bad-chunk' }],
    ['a folded trailer', `${CHUNKED}0\r\nx: a\r\n b\r\n\r\n`, { result: 'bad-chunk' }],
    ['a control character in a trailer', `${CHUNKED}0\r\nx: \0\r\n\r\n`, { result: 'bad-chunk' }],
    ['a bare CR at the end', `${CHUNKED}0\r\n\rx`, { result: 'bad-chunk' }],
    ['no last chunk', `${CHUNKED}1\r\na\r\n`, { result: 'more' }],
    ['no end of the trailers', `${CHUNKED}0\r\nx: y\r\n`, { result: 'more' }],
  ],
  ['result'],
)

check(
  'what is no answer',
  [
    ['another protocol', '220 mail.example ESMTP\r\n', { result: 'not-http' }],
    ['a request', 'GET / HTTP/1.1\r\n\r\n', { result: 'not-http' }],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n', { result: 'not-http' }],
    ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n', { result: 'not-http' }],
    ['an empty line before it', `\r\n${OK}\r\n`, { result: 'not-http' }],
    ['bare LFs', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n', { result: 'not-http' }],
    ['one bare LF', `${OK}x: a\ny: b\r\n\r\n`, { result: 'not-http' }],
    ['a bare CR', `${OK}x: a\ry: b\r\n\r\n`, { result: 'not-http' }],
    ['a short status', 'HTTP/1.1 20 OK\r\n\r\n', { result: 'not-http' }],
    ['a long status', 'HTTP/1.1 2000 OK\r\n\r\n', { result: 'not-http' }],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n', { result: 'not-http' }],
    ['a folded value', `${OK}x: a\r\n b\r\n\r\n`, { result: 'not-http' }],
    ['a line without colon', `${OK}x\r\n\r\n`, { result: 'not-http' }],
    ['no name', `${OK}: x\r\n\r\n`, { result: 'not-http' }],
    ['space before the colon', `${OK}content-length : 0\r\n\r\n`, { result: 'not-http' }],
    ['a name that is no token', `${OK}x(y: a\r\n\r\n`, { result: 'not-http' }],
    ['a name beyond ASCII', `${OK}\xe9: a\r\n\r\n`, { result: 'not-http' }],
    ['a zero byte in a value', `${OK}x: \0\r\n\r\n`, { result: 'not-http' }],
    ['a control character in the reason', 'HTTP/1.1 200 O\x07K\r\n\r\n', { result: 'not-http' }],
    [
      'another protocol that nobody asked for',
      'HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n',
      { result: 'switched-protocol' },
    ],
    ['half a head', 'HTTP/1.1 202 Acc', { result: 'more' }],
  ],
  ['result'],
)

const rows: readonly (readonly [string, number, string?])[] = [
  ['', 4000],
  ['connection: keep-alive\r\n', 4000],
  ['connection: close\r\n', 0],
  ['Connection: Foo, CLOSE\r\n', 0],
  ['connection: keep-alive\r\nconnection: close\r\n', 0],
  ['connection: closed\r\n', 4000],
  ['keep-alive: timeout=5\r\n', 3000],
  ['Keep-Alive: max=9, timeout=30\r\n', 28_000],
  ['keep-alive: timeout=2\r\n', 0],
  ['keep-alive: timeout=0\r\n', 0],
  ['keep-alive: timeout=999999999\r\n', 600_000],
  ['keep-alive: timeout=x\r\n', 4000],
  ['keep-alive: timeout=30\r\nconnection: close\r\n', 0],
  ['connection: keep-alive\r\n', 0, 'HTTP/1.0'],
]
check(
  'how long a connection may lie idle (RFC 9112, section 9.3)',
  rows.map(([headers, idleMs, version = 'HTTP/1.1']) => [
    `${version} ${headers.trim()}`,
    `${version} 200 OK\r\n${headers}content-length: 0\r\n\r\n`,
    { result: 'complete', idleMs },
  ]),
  ['result', 'idleMs'],
)

const LIMIT = 128 * 1024

t.test('a head of 128 KiB is the largest, in whatever pieces', (t) => {
  const head = (length: number) => {
    const start = `${OK}content-length: 0\r\nx: `
    return Buffer.from(`${start}${'y'.repeat(length - start.length - 4)}\r\n\r\n`)
  }
  const pieces = (bytes: Buffer, size: number) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    )
  for (const size of [1, 1000, 64 * 1024, 256 * 1024]) {
    t.match(read(pieces(head(LIMIT), size)), { result: 'complete', status: 200 }, `${size}`)
    t.equal(read(pieces(head(LIMIT + 1), size)).result, 'head-too-large', `${size}, one more`)
    t.equal(
      read(pieces(Buffer.from(`${OK}x: ${'y'.repeat(LIMIT + 8)}`), size)).result,
      'head-too-large',
      `${size}, without an end`,
    )
  }
  const many = `${OK}${'a:\r\n'.repeat(30_000)}content-length: 0\r\n\r\n`
  t.equal(read([Buffer.from(many)]).headers?.length, 60_002, 'of many fields')
  t.end()
})

t.test('what nobody needs is bounded', (t) => {
  const interim = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')
  const interims = Array.from({ length: LIMIT / 20 }, () => interim)
  t.equal(read(interims).result, 'head-too-large', 'interim answers without end')
  const chunk = Buffer.from('1;abcdefghij\r\nx\r\n')
  const chunks = [Buffer.from(CHUNKED), ...Array.from({ length: 2000 }, () => chunk)]
  t.equal(read(chunks).result, 'bad-chunk', 'chunk extensions without end')
  const trailer = Buffer.from('x: abcdefghijkl\r\n')
  const trailers = [Buffer.from(`${CHUNKED}0\r\n`), ...Array.from({ length: 2000 }, () => trailer)]
  t.equal(read(trailers).result, 'bad-chunk', 'trailers without end')
  t.end()
})

t.test('a parser goes from answer to answer, and stops where no more is wanted', (t) => {
  const parser = new ResponseParser()
  const seen: unknown[] = []
  const handler = {
    onHead: (status: number) => seen.push(status),
    onBody: (bytes: Buffer) => {
      seen.push(bytes.toString())
      return bytes.toString() !== 'enough'
    },
  }
  const answers: readonly (readonly [string, string, number])[] = [
    [`${OK}keep-alive: timeout=9\r\ncontent-length: 2\r\n\r\nab`, 'complete', 7000],
    [`${CHUNKED}2\r\ncd\r\n0\r\n\r\n`, 'complete', 4000],
    ['HTTP/1.1 202 OK\r\ncontent-length: 0\r\n\r\n', 'complete', 4000],
    [`${CHUNKED}6\r\nenough\r\n1\r\nx\r\n0\r\n\r\n`, 'more', 4000],
  ]
  for (const [text, result, idleMs] of answers) {
    parser.begin()
    t.equal(parser.read(Buffer.from(text), handler), result)
    t.equal(parser.idleMs, idleMs)
  }
  t.strictSame(seen, [200, 'ab', 200, 'cd', 202, 200, 'enough'])
  t.end()
})
