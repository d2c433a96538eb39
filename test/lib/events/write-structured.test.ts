import t from 'tap'
import { writeBatch } from '#events/write-batch.ts'
import { writeStructured } from '#events/write-structured.ts'
import { anEvent } from '../../support/an-event.ts'

const HEAD = '{"specversion":"1.0","id":"1","source":"/test","type":"test.event"'

const DATA: readonly [rule: string, type: string, data: string | Uint8Array, member: string][] = [
  ['J8 JSON as it is', 'application/json', '{ "a":1e400,"a":2 }', '"data":{ "a":1e400,"a":2 }'],
  ['J8 JSON by suffix', 'a/b+json;v=1', 'null', '"data":null'],
  ['J11 not JSON', 'application/json', '{oops', '"data_base64":"e29vcHM="'],
  ['J11 two values', 'application/json', '1 2', '"data_base64":"MSAy"'],
  ['J11 white space around', 'application/json', '1\n', '"data_base64":"MQo="'],
  ['J11 no bytes', 'application/json', '', '"data_base64":""'],
  ['J11 not UTF-8', 'application/json', Buffer.from([0x22, 0xff, 0x22]), '"data_base64":"Iv8i"'],
  ['J8 text', 'text/plain', 'a"\n€', '"data":"a\\"\\n€"'],
  ['J8 XML', 'application/xml', '<a/>', '"data":"<a/>"'],
  ['J8 text that is not UTF-8', 'text/plain', Buffer.from([0xff, 0xfe]), '"data_base64":"//4="'],
  ['J8 text in another charset', 'text/plain;charset=iso-8859-1', 'a', '"data_base64":"YQ=="'],
  ['J2 binary', 'application/octet-stream', 'a', '"data_base64":"YQ=="'],
]
for (const [rule, type, data, member] of DATA) {
  t.test(`writeStructured() writes data: ${rule}`, async (t) => {
    const event = anEvent({ datacontenttype: type }, data)

    t.equal(writeStructured(event).toString(), `${HEAD},"datacontenttype":"${type}",${member}}`)
  })
}

t.test('writeStructured() implies no type for data that has none (H22)', async (t) => {
  const { attributes } = anEvent()

  const body = writeStructured({ attributes, data: Buffer.from('{"a":1}') })

  t.equal(body.toString(), `${HEAD},"data_base64":"eyJhIjoxfQ=="}`)
})

t.test('writeStructured() keeps types, and writes no data where there is none (J1)', async (t) => {
  const attributes = new Map([
    ...anEvent().attributes,
    ['b', true],
    ['n', -1],
    ['s', 'tr"ue'],
  ] as const)

  const body = writeStructured({ attributes, data: undefined })

  t.equal(body.toString(), `${HEAD},"b":true,"n":-1,"s":"tr\\"ue"}`)
})

t.test('writeStructured() writes an object even of what has no attributes', async (t) => {
  const attributes = new Map<string, string>()

  t.equal(writeStructured({ attributes, data: undefined }).toString(), '{}')
  const body = writeStructured({ attributes, data: Uint8Array.of(0, 255) })
  t.equal(body.toString(), '{"data_base64":"AP8="}')
})

t.test('writeStructured() writes binary data of CloudEvents 0.3 its way', async (t) => {
  const type = 'application/octet-stream'
  const raw = anEvent({ specversion: '0.3', datacontenttype: type }, 'a')
  const encoded = anEvent(
    { specversion: '0.3', datacontenttype: type, datacontentencoding: 'base64' },
    'YQ==',
  )
  const wrong = anEvent(
    { specversion: '0.3', datacontenttype: type, datacontentencoding: 'base64' },
    'a',
  )

  const member = '"datacontentencoding":"base64","data":"YQ=="}'
  t.ok(writeStructured(raw).toString().endsWith(member))
  t.ok(writeStructured(encoded).toString().endsWith(member))
  t.ok(writeStructured(wrong).toString().endsWith(member))
})

t.test('writeBatch() writes none, one and several', async (t) => {
  t.equal(writeBatch([]).toString(), '[]')
  t.equal(writeBatch([anEvent()]).toString(), `[${HEAD}}]`)
  t.equal(writeBatch([anEvent(), anEvent()]).toString(), `[${HEAD}},${HEAD}}]`)
})
