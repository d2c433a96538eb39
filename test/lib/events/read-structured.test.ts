import t from 'tap'
import type { CloudEvent } from '#events/event.ts'
import { readStructured } from '#events/read-structured.ts'
import { Problem } from '#problems/problem.ts'

/** A valid event's members as JSON texts; `undefined` leaves one out. */
function json(overrides: Record<string, string | undefined> = {}): string {
  const all = {
    specversion: '"1.0"',
    id: '"1"',
    source: '"/test"',
    type: '"test.event"',
    ...overrides,
  }
  const members = Object.entries(all).filter(([, value]) => value !== undefined)
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}

function read(text: string): CloudEvent {
  return readStructured(Buffer.from(text))
}

function violations(body: string | Uint8Array): string[] {
  try {
    readStructured(Buffer.from(body as string))
    return []
  } catch (error) {
    if (!(error instanceof Problem) || error.type !== 'event-invalid') throw error
    return error.violations.map(({ rule, at }) => `${rule} ${at}`.trimEnd())
  }
}

const REJECTED: readonly [name: string, body: string | Uint8Array, violations: string[]][] = [
  ['N1 upper case', json({ MyExtension: '"x"' }), ['N1 /MyExtension']],
  ['N1 dot', json({ 'my.extension': '1.5' }), ['N1 /my.extension']],
  ['N1 no name', json({ '': '"x"' }), ['N1 /']],
  ['N1 a name to escape in a pointer', json({ 'a/b~c': '"x"' }), ['N1 /a~1b~0c']],
  ['N1 __proto__', json({ ['__proto__']: '{"x":1}' }), ['N1 /__proto__']],
  ['N1 a long name is cut', json({ ['A'.repeat(100)]: '1' }), [`N1 /${'A'.repeat(64)}...`]],
  ['N4 J13 id', `${json().slice(0, -1)},"id":"1"}`, ['J13 /id']],
  ['J13 escaped name', `${json().slice(0, -1)},"\\u0069d":"1"}`, ['J13 /id']],
  ['J13 data', `${json({ data: '1' }).slice(0, -1)},"data":1}`, ['J13 /data']],
  [
    'J13 data_base64',
    `${json({ data_base64: '""' }).slice(0, -1)},"data_base64":""}`,
    ['J13 /data_base64'],
  ],
  ['J13 null twice', `${json({ ext: 'null' }).slice(0, -1)},"ext":null}`, ['J13 /ext']],
  ['J13 null, then a value', `${json({ ext: 'null' }).slice(0, -1)},"ext":1}`, ['J13 /ext']],
  ['N5 no id', json({ id: undefined }), ['N5 /id']],
  ['N5 no source', json({ source: undefined }), ['N5 /source']],
  ['N5 no specversion', json({ specversion: undefined }), ['N5 /specversion']],
  ['N5 no type', json({ type: undefined }), ['N5 /type']],
  ['N5 nothing', '{}', ['N5 /specversion', 'N5 /id', 'N5 /type', 'N5 /source']],
  ['N5 empty id', json({ id: '""' }), ['N5 /id']],
  ['N5 empty source', json({ source: '""' }), ['N5 /source']],
  ['N5 empty specversion', json({ specversion: '""' }), ['N5 /specversion']],
  ['N5 empty type', json({ type: '""' }), ['N5 /type']],
  ['N5 T7 null id', json({ id: 'null' }), ['N5 /id']],
  ['N7 empty subject', json({ subject: '""' }), ['N7 /subject']],
  ['N7 empty dataschema', json({ dataschema: '""' }), ['N7 /dataschema']],
  ['N7 empty datacontenttype', json({ datacontenttype: '""' }), ['N7 /datacontenttype']],
  ['N7 xyz', json({ datacontenttype: '"xyz"' }), ['N7 /datacontenttype']],
  ['N9 0.9', json({ specversion: '"0.9"' }), ['N9 /specversion']],
  ['N9 9000.1', json({ specversion: '"9000.1"' }), ['N9 /specversion']],
  ['T2 too large', json({ ext: '3000000000' }), ['T2 /ext']],
  ['T2 2^31', json({ ext: '2147483648' }), ['T2 /ext']],
  ['T2 -2^31 - 1', json({ ext: '-2147483649' }), ['T2 /ext']],
  ['T2 fraction', json({ ext: '1.5' }), ['T2 /ext']],
  ['T2 fraction of nothing', json({ ext: '1.0' }), ['T2 /ext']],
  ['T2 exponent', json({ ext: '1e400' }), ['T2 /ext']],
  ['T2 beyond 2^53', json({ ext: '9007199254740993' }), ['T2 /ext']],
  ['T3 line feed', json({ ext: '"a\\nb"' }), ['T3 /ext']],
  ['T3 DEL', json({ ext: '"\\u007f"' }), ['T3 /ext']],
  ['T3 raw DEL', json({ ext: '"\u007f"' }), ['T3 /ext']],
  ['T3 raw C1', json({ ext: '"\u0085"' }), ['T3 /ext']],
  ['T3 noncharacter', json({ ext: '"\\ufffe"' }), ['T3 /ext']],
  ['T3 raw noncharacter', json({ subject: '"\ufdd0"' }), ['T3 /subject']],
  ['T3 high surrogate', json({ ext: '"\\ud800"' }), ['T3 /ext']],
  ['T3 low surrogate', json({ id: '"\\udc00x"' }), ['T3 /id']],
  ['T5 source', json({ source: '"has space"' }), ['T5 /source']],
  ['T5 dataschema', json({ dataschema: '"/rel"' }), ['T5 /dataschema']],
  ['T6 time', json({ time: '"lunchtime"' }), ['T6 /time']],
  ['T8 object', json({ ext: '{}' }), ['T8 /ext']],
  ['T8 array', json({ ext: '["a"]' }), ['T8 /ext']],
  ['T8 numeric id', json({ id: '25' }), ['T8 /id']],
  ['T8 object id', json({ id: '{"xyz":"abc"}' }), ['T8 /id']],
  ['T8 numeric specversion', json({ specversion: '1' }), ['T8 /specversion']],
  ['T8 boolean time', json({ time: 'true' }), ['T8 /time']],
  ['J2 both', json({ data: '"text"', data_base64: '"AQID"' }), ['J2 /data_base64']],
  ['J3 no base64', json({ data_base64: '"!!!"' }), ['J3 /data_base64']],
  ['J3 no padding', json({ data_base64: '"TQ"' }), ['J3 /data_base64']],
  ['J3 no string', json({ data_base64: '1' }), ['J3 /data_base64']],
  ['J7 object', json({ datacontenttype: '"application/xml"', data: '{}' }), ['J7 /data']],
  ['J7 null', json({ datacontenttype: '"text/plain"', data: 'null' }), ['J7 /data']],
  ['J7 surrogate', json({ datacontenttype: '"text/plain"', data: '"\\ud800"' }), ['J7 /data']],
  ['J12 array', '[]', ['J12']],
  ['J12 string', '"x"', ['J12']],
  ['J12 number', ' 1 ', ['J12']],
  ['J12 nothing', '', ['J12']],
  ['J12 only white space', ' \n', ['J12']],
  ['J12 cut short', json().slice(0, -1), ['J12']],
  ['J12 trailing comma', `${json().slice(0, -1)},}`, ['J12']],
  ['J12 trailing garbage', `${json()}x`, ['J12']],
  ['J12 two documents', json() + json(), ['J12']],
  ['J12 no colon', `${json().slice(0, -1)},"a"}`, ['J12']],
  ['J12 no quotes', `${json().slice(0, -1)},a:1}`, ['J12']],
  ['J12 in data: literal', json({ data: '[nul]' }), ['J12']],
  ['J12 in data: number', json({ data: '01' }), ['J12']],
  ['J12 in data: control character', json({ data: '"a\tb"' }), ['J12']],
  ['J12 in data: bracket', json({ data: '[1}' }), ['J12']],
  ['J12 in data: escape', json({ data: '"\\x"' }), ['J12']],
  ['J12 1e5 brackets', json({ data: '['.repeat(1e5) + ']'.repeat(1e5) }), ['J12']],
  ['J12 1e5 open brackets', json({ data: '['.repeat(1e5) }), ['J12']],
  ['J15 byte order mark', `\ufeff${json()}`, ['J15']],
  ['J15 not UTF-8', Buffer.from(json({ data: '"é"' }), 'latin1'), ['J15']],
  ['J15 UTF-16 of ASCII', Buffer.from(json(), 'utf16le'), ['J12']],
  ['J15 UTF-16', Buffer.from(json({ data: '"é"' }), 'utf16le'), ['J15']],
  [
    'all of them',
    json({ id: undefined, source: '"a b"', A: '1', ext: '1.5', data_base64: '"x"' }),
    ['N1 /A', 'T2 /ext', 'N5 /id', 'T5 /source', 'J3 /data_base64'],
  ],
  [
    'CloudEvents 0.3: data that is not base64',
    json({ specversion: '"0.3"', datacontentencoding: '"base64"', data: '{}' }),
    ['J3 /data'],
  ],
  [
    'CloudEvents 0.3: unknown datacontentencoding',
    json({ specversion: '"0.3"', datacontentencoding: '"gzip"', data: '""' }),
    ['N7 /datacontentencoding'],
  ],
]
for (const [name, body, expected] of REJECTED) {
  t.test(`readStructured() rejects: ${name}`, async (t) => {
    t.strictSame(violations(body), expected)
  })
}

const VALUES: readonly [
  name: string,
  json: string,
  value: string | number | boolean | undefined,
][] = [
  ['T1 true', 'true', true],
  ['T1 false', 'false', false],
  ['T1 a string is no boolean', '"true"', 'true'],
  ['T2 largest', '2147483647', 2147483647],
  ['T2 smallest', '-2147483648', -2147483648],
  ['T2 zero', '0', 0],
  ['T2 minus zero', '-0', 0],
  ['T3 pair of surrogates', '"\\ud800\\udead"', '\ud800\udead'],
  ['T3 raw', '"€ é 😀"', '€ é 😀'],
  ['T3 empty', '""', ''],
  ['T7 null', 'null', undefined],
  ['escapes', '"\\"\\\\\\/\\u0041"', '"\\/A'],
]
for (const [name, text, value] of VALUES) {
  t.test(`readStructured() reads an attribute value: ${name}`, async (t) => {
    t.strictSame(read(json({ ext: text })).attributes.get('ext'), value)
    t.equal(read(json({ ext: text })).attributes.has('ext'), value !== undefined)
  })
}

const JSON_DATA = [
  'null',
  '0',
  'false',
  '""',
  '"{\\"a\\":1}"',
  '1e400',
  '9007199254740993',
  '-0.10e+5',
  '{"a":1,"a":2}',
  '{ "white" :\t[ "space" ] \n}',
  '{"__proto__":{"x":1},"constructor":null}',
  '"é😀\\ud800"',
  '[[],{},[{}],""]',
  '['.repeat(1000) + ']'.repeat(1000),
]
for (const text of JSON_DATA) {
  t.test(
    `readStructured() keeps JSON data as it arrived (J5 J9 J14): ${text.slice(0, 40)}`,
    async (t) => {
      const implied = read(json({ data: ` ${text}\n` }))
      const explicit = read(json({ data: text, datacontenttype: '"application/vnd.x+json"' }))

      t.equal(Buffer.from(implied.data ?? []).toString(), text)
      t.equal(implied.attributes.get('datacontenttype'), 'application/json', 'H22 J6')
      t.equal(Buffer.from(explicit.data ?? []).toString(), text)
      t.equal(explicit.attributes.get('datacontenttype'), 'application/vnd.x+json')
    },
  )
}

t.test('readStructured() reads text data as UTF-8 (J7)', async (t) => {
  const event = read(json({ data: '"a\\n\\u20ac é"', datacontenttype: '"text/plain"' }))

  t.equal(Buffer.from(event.data ?? []).toString(), 'a\n€ é')
})

t.test('readStructured() decodes data_base64 (J3) and implies no type for it (H22)', async (t) => {
  const event = read(json({ data_base64: '"AQL\\/"' }))

  t.strictSame([...(event.data ?? [])], [1, 2, 0xff])
  t.equal(event.attributes.has('datacontenttype'), false)
})

t.test('readStructured() tells no data, null and no bytes apart (J9)', async (t) => {
  t.equal(read(json()).data, undefined)
  t.equal(read(json({ data_base64: 'null' })).data, undefined)
  t.equal(Buffer.from(read(json({ data: 'null' })).data ?? []).toString(), 'null')
  t.equal(read(json({ data_base64: '""' })).data?.length, 0)
  t.equal(read(json()).attributes.has('datacontenttype'), false)
})

t.test('readStructured() reads members in any order, with any white space', async (t) => {
  const event = read(
    ' {\r\n\t"data" : "x" , "type":"t" , "datacontenttype":"text/plain", "id" : "1","source":"#f",\n"specversion":"1.0" }\n ',
  )

  t.strictSame(
    [...event.attributes.keys()],
    ['type', 'datacontenttype', 'id', 'source', 'specversion'],
  )
  t.equal(Buffer.from(event.data ?? []).toString(), 'x')
})

t.test('readStructured() takes names of any length (N2) that JavaScript may know', async (t) => {
  const names = ['constructor', 'tostring', 'validate', 'emit', '1abc', 'a'.repeat(40)]

  const event = read(json(Object.fromEntries(names.map((name) => [name, `"${name}"`]))))

  for (const name of names) t.equal(event.attributes.get(name), name)
})

t.test('readStructured() forwards 30 extensions and the time as they came (N8, T9)', async (t) => {
  const time = '2018-04-05T18:31:00.123456789+01:00'
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`ext${i}`, `"é${i}"`]))

  const event = read(json({ ...many, time: `"${time}"` }))

  t.equal(event.attributes.get('ext29'), 'é29')
  t.equal(event.attributes.get('time'), time)
})

t.test('readStructured() passes CloudEvents 0.3 on as it is, its data decoded', async (t) => {
  const event = read(
    json({
      specversion: '"0.3"',
      schemaurl: '"http://a.example/s#v1"',
      datacontenttype: '"image/png"',
      datacontentencoding: '"BASE64"',
      data: '"AQL/"',
    }),
  )
  const untyped = read(
    json({ specversion: '"0.3"', datacontentencoding: '"base64"', data: '"AQL/"' }),
  )
  const plain = read(json({ specversion: '"0.3"', data: '{"a":1}' }))
  const newer = read(
    json({ specversion: '"0.3"', datacontentencoding: '"base64"', data_base64: '"AQL/"' }),
  )

  t.equal(event.attributes.get('specversion'), '0.3')
  t.equal(event.attributes.get('schemaurl'), 'http://a.example/s#v1')
  t.equal(event.attributes.has('datacontentencoding'), false)
  t.strictSame([...(event.data ?? [])], [1, 2, 0xff])
  t.equal(untyped.attributes.has('datacontenttype'), false)
  t.equal(plain.attributes.get('datacontenttype'), 'application/json')
  t.strictSame([...(newer.data ?? [])], [1, 2, 0xff])
  t.equal(newer.attributes.has('datacontentencoding'), false)
  t.equal(Buffer.from(plain.data ?? []).toString(), '{"a":1}')
})

t.test('readStructured() knows no datacontentencoding in CloudEvents 1.0', async (t) => {
  const event = read(json({ datacontentencoding: '"gzip"', data: '"AQL/"' }))

  t.equal(event.attributes.get('datacontentencoding'), 'gzip')
  t.equal(Buffer.from(event.data ?? []).toString(), '"AQL/"')
})

t.test('readStructured() reads long bodies like short ones', async (t) => {
  const long = 'x'.repeat(100_000)

  const event = read(json({ subject: '"s\\u0020é"', data: `"${long}"`, ext: '"plain"' }))
  const ascii = read(json({ subject: '"s"', data: `"${long}"` }))

  t.equal(event.attributes.get('subject'), 's é')
  t.equal(event.attributes.get('ext'), 'plain')
  t.equal(ascii.attributes.get('subject'), 's')
  t.equal(ascii.data?.length, 100_002)
})

t.test('readStructured() names the byte where JSON ends', async (t) => {
  t.throws(() => read('{"a":tru}'), /not valid JSON at byte 8/)
})

t.test('readStructured() shortens and escapes what it quotes', async (t) => {
  const source = `"${'a\u2028 '.repeat(1000)}"`

  t.throws(() => read(json({ source })), /^[ -~]{60,500}$/)
})

t.test('readStructured() lists at most 1000 violations', async (t) => {
  const names = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`A${i}`, '1']))

  t.equal(violations(json(names)).length, 1000)
})
