import t from 'tap'
import { rawExchange } from '../support/raw-exchange.ts'
import { attribute, STRUCTURED, structured, TestGateway } from './harness.ts'

const gateway = await new TestGateway().start()
t.teardown(() => gateway.stop())

/** What a sender that does not encode puts on the wire: UTF-8, one character per byte. */
const utf8 = (text: string) => Buffer.from(text).toString('latin1')

let lastId = 0

async function send(header: string, value: string) {
  const id = String(++lastId)
  const event = `ce-specversion: 1.0\r\nce-id: ${id}\r\nce-source: /s\r\nce-type: t\r\n`
  const head = `POST /default/default HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n${event}${header}: ${value}\r\n\r\n`
  const [answer] = await rawExchange(gateway.port, Buffer.from(head, 'latin1'))
  const records = await gateway.logs.records()
  return { answer, record: records.find((record) => attribute(record, 'id') === id) }
}

const TAKEN: readonly (readonly [rule: string, value: string, attribute: string])[] = [
  ['percent-encoded, as it should be', '%C3%A9%20%E2%82%AC', 'é €'],
  ['UTF-8 as it is', utf8('é €'), 'é €'],
  ['UTF-8 of four bytes', utf8('😀'), '😀'],
  ['UTF-8 beside percent-encoding', `${utf8('é')}%20%E2%82%AC`, 'é €'],
  ['UTF-8 in quotes', `"${utf8('é')} \\"x\\""`, 'é "x"'],
  ['what reads as Latin-1 and as UTF-8 is UTF-8', '\xc3\xa9', 'é'],
]
for (const [rule, value, expected] of TAKEN) {
  t.test(`H11 a header value is read: ${rule}`, async (t) => {
    const { answer, record } = await send('ce-ext', value)

    t.equal(answer?.status, 202)
    t.equal(attribute(record, 'ext'), expected)
  })
}

const REFUSED: readonly (readonly [what: string, header: string, value: string, rule: string])[] = [
  ['Latin-1', 'ce-ext', 'caf\xe9', 'H11 ce-ext'],
  ['UTF-8 that is cut short', 'ce-ext', utf8('€').slice(0, 2), 'H11 ce-ext'],
  ['an overlong form', 'ce-ext', '\xc0\xaf', 'H11 ce-ext'],
  ['a surrogate', 'ce-ext', '\xed\xa0\x80', 'H11 ce-ext'],
  ['a C1 control', 'ce-ext', utf8('\u0085'), 'T3 ce-ext'],
  ['a noncharacter', 'ce-ext', utf8('\ufffe'), 'T3 ce-ext'],
  [
    'any of it in the content type',
    'content-type',
    utf8('text/plain; name="é"'),
    'N7 content-type',
  ],
]
for (const [what, header, value, rule] of REFUSED) {
  t.test(`H11 a header value is refused: ${what}`, async (t) => {
    const { answer, record } = await send(header, value)

    t.equal(answer?.status, 400)
    const { violations } = JSON.parse(answer?.body ?? '')
    t.equal(`${violations[0].rule} ${violations[0].at}`, rule)
    t.equal(record, undefined)
  })
}

t.test('H11 headers that are no part of the event may hold anything', async (t) => {
  for (const header of ['x-name', 'user-agent', 'traceparent', 'tracestate', 'prefer']) {
    const { answer } = await send(header, 'caf\xe9')
    t.equal(answer?.status, 202, header)
  }
})

const EXPIRYTIMES: readonly (string | number | boolean)[] = [
  '2000-01-01T00:00:00Z',
  '2999-12-31T23:59:59.999999999+01:00',
  'never',
  '',
  1893456000,
  true,
]
for (const expirytime of EXPIRYTIMES) {
  t.test(`an event is taken whatever its expirytime says: ${expirytime}`, async (t) => {
    const id = String(++lastId)

    const answer = await gateway.send(
      'POST',
      '/default/default',
      STRUCTURED,
      structured({ id, expirytime }),
    )

    t.equal(answer.status, 202)
    const records = await gateway.logs.records()
    const record = records.find((each) => attribute(each, 'id') === id)
    t.equal(attribute(record, 'expirytime'), expirytime)
  })
}
