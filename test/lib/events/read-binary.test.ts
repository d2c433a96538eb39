import t from 'tap'
import { readBinary } from '#events/read-binary.ts'
import { Problem } from '#problems/problem.ts'

const NO_BODY = new Uint8Array(0)

/** A valid event's headers; `undefined` leaves one out. */
function headers(overrides: Record<string, string | undefined> = {}): string[] {
  const all = {
    'ce-specversion': '1.0',
    'ce-id': '1',
    'ce-source': '/test',
    'ce-type': 'test.event',
    ...overrides,
  }
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [name, value]))
}

/** How a header value of text arrives: one character per byte. */
function wire(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function violations(rawHeaders: readonly string[], body: Uint8Array = NO_BODY): string[] {
  try {
    readBinary(rawHeaders, body)
    return []
  } catch (error) {
    if (!(error instanceof Problem) || error.type !== 'event-invalid') throw error
    return error.violations.map(({ rule, at }) => `${rule} ${at}`)
  }
}

const VALUES: readonly [rule: string, raw: string, value: string][] = [
  ['H7 the example of the specification', 'Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
  ['H8 one round of decoding', '100%2525', '100%25'],
  ['H9 quotes', '"a \\"b\\""', 'a "b"'],
  ['H9 quotes around a part', '"  quoted  text  "unquoted', '  quoted  text  unquoted'],
  ['H9 an escaped backslash', '"a\\\\b"', 'a\\b'],
  ['H9 a backslash outside quotes is one', 'a\\b', 'a\\b'],
  ['H9 quotes first, then percent', '"%22"', '"'],
  ['H9 empty quotes', '""', ''],
  ['H9 encoded without need', '%30%31', '01'],
  ['H9 lower-case hex', '%e2%82%aC', '€'],
  ['H11 raw UTF-8', wire('€ é'), '€ é'],
  ['H11 raw UTF-8 beside percent-encoding', `${wire('é')}%20x`, 'é x'],
  ['H13 space inside', 'a  b', 'a  b'],
  ['H13 empty', '', ''],
  ['T1 a boolean stays its canonical string', 'TRUE', 'TRUE'],
  ['T2 an integer stays its canonical string', '-2147483648', '-2147483648'],
  ['T3 the last character of the last plane', '%F4%8F%BF%BD', '\u{10fffd}'],
  ['+ is no space', 'a+b', 'a+b'],
]
for (const [rule, raw, value] of VALUES) {
  t.test(`readBinary() reads a header value: ${rule}`, async (t) => {
    const event = readBinary(headers({ 'ce-ext': raw }), NO_BODY)

    t.equal(event.attributes.get('ext'), value)
  })
}

const INVALID: readonly [rule: string, raw: string, rule: string][] = [
  ['H9 quotes without an end', '"unterminated', 'H9'],
  ['H9 an escape without an end', '"unterminated\\', 'H9'],
  ['H9 an escaped closing quote', '"unterminated\\"', 'H9'],
  ['H10 % at the end', 'x%', 'H10'],
  ['H10 one digit', 'x%0', 'H10'],
  ['H10 no hex, first', '%g0', 'H10'],
  ['H10 no hex, second', '%0g', 'H10'],
  ['H10 no hex, sign', '%0$', 'H10'],
  ['H10 overlong', '%C0%A0', 'H10'],
  ['H10 high surrogate', '%ED%A0%80', 'H10'],
  ['H10 low surrogate', '%ED%B0%80', 'H10'],
  ['H10 pair of surrogates', '%ED%A0%80%ED%B0%80', 'H10'],
  ['H10 cut short', '%E2', 'H10'],
  ['H10 cut short in the middle', '%E2x', 'H10'],
  ['H10 cut short before %', '%E2%', 'H10'],
  ['H10 a lead byte that is none', '%82', 'H10'],
  ['H10 two lead bytes', '%E2%E2', 'H10'],
  ['H10 beyond Unicode', '%F4%90%80%80', 'H10'],
  ['H11 a raw byte that is not UTF-8', 'caf\xe9', 'H11'],
  ['T3 NUL', '%00', 'T3'],
  ['T3 line feed', 'a%0Ab', 'T3'],
  ['T3 a raw tab', 'a\tb', 'T3'],
  ['T3 DEL', '%7F', 'T3'],
  ['T3 C1 control', '%C2%9F', 'T3'],
  ['T3 noncharacter FDD0', '%EF%B7%90', 'T3'],
  ['T3 noncharacter FFFE', '%EF%BF%BE', 'T3'],
  ['T3 noncharacter 1FFFF', '%F0%9F%BF%BF', 'T3'],
]
for (const [name, raw, rule] of INVALID) {
  t.test(`readBinary() refuses a header value: ${name}`, async (t) => {
    t.strictSame(violations(headers({ 'ce-ext': raw })), [`${rule} ce-ext`])
  })
}

const REJECTED: readonly [name: string, headers: readonly string[], violations: string[]][] = [
  ['N1 underscore', headers({ 'ce-my_ext': 'x' }), ['N1 ce-my_ext']],
  ['N1 dot', headers({ 'ce-my.ext': 'x' }), ['N1 ce-my.ext']],
  ['N1 no name', headers({ 'ce-': 'x' }), ['N1 ce-']],
  ['N1 data_base64', headers({ 'ce-data_base64': 'x' }), ['N1 ce-data_base64']],
  ['N1 __proto__', headers({ 'ce-__proto__': 'x' }), ['N1 ce-__proto__']],
  ['N3 data', headers({ 'ce-data': 'x' }), ['N3 ce-data']],
  ['N4 H12 twice', [...headers(), 'CE-Id', '1'], ['H12 ce-id']],
  [
    'H12 content type twice',
    [...headers({ 'content-type': 'text/plain' }), 'Content-Type', 'text/plain'],
    ['H12 content-type'],
  ],
  ['N5 no id', headers({ 'ce-id': undefined }), ['N5 ce-id']],
  ['N5 no source', headers({ 'ce-source': undefined }), ['N5 ce-source']],
  ['N5 no specversion', headers({ 'ce-specversion': undefined }), ['N5 ce-specversion']],
  ['N5 no type', headers({ 'ce-type': undefined }), ['N5 ce-type']],
  ['N5 empty id', headers({ 'ce-id': '' }), ['N5 ce-id']],
  ['N5 empty source', headers({ 'ce-source': '' }), ['N5 ce-source']],
  ['N5 empty specversion', headers({ 'ce-specversion': '' }), ['N5 ce-specversion']],
  ['N5 empty type', headers({ 'ce-type': '""' }), ['N5 ce-type']],
  ['N7 empty subject', headers({ 'ce-subject': '' }), ['N7 ce-subject']],
  ['N7 empty dataschema', headers({ 'ce-dataschema': '' }), ['N7 ce-dataschema']],
  ['N7 empty content type', headers({ 'content-type': '' }), ['N7 content-type']],
  ['N7 xyz', headers({ 'content-type': 'xyz' }), ['N7 content-type']],
  ['N9 9000.1', headers({ 'ce-specversion': '9000.1' }), ['N9 ce-specversion']],
  ['N9 0.9', headers({ 'ce-specversion': '0.9' }), ['N9 ce-specversion']],
  ['H5', headers({ 'ce-datacontenttype': 'text/plain' }), ['H5 ce-datacontenttype']],
  ['T5 source', headers({ 'ce-source': 'has space' }), ['T5 ce-source']],
  ['T5 dataschema', headers({ 'ce-dataschema': '/rel' }), ['T5 ce-dataschema']],
  ['T6 time', headers({ 'ce-time': 'lunchtime' }), ['T6 ce-time']],
  ['T6 empty time', headers({ 'ce-time': '' }), ['T6 ce-time']],
  ['H14 all that is missing', ['ce-id', '1'], ['N5 ce-specversion', 'N5 ce-type', 'N5 ce-source']],
  ['one violation for a value that cannot be read', headers({ 'ce-id': '%' }), ['H10 ce-id']],
  [
    'all of them',
    headers({
      'ce-id': '',
      'ce-source': 'a b',
      'ce-time': 'now',
      'ce-a_b': '1',
      'content-type': 'x',
    }),
    ['N1 ce-a_b', 'N5 ce-id', 'T5 ce-source', 'T6 ce-time', 'N7 content-type'],
  ],
  [
    'CloudEvents 0.3: empty schemaurl',
    headers({ 'ce-specversion': '0.3', 'ce-schemaurl': '' }),
    ['N7 ce-schemaurl'],
  ],
  [
    'CloudEvents 0.3: unknown datacontentencoding',
    headers({ 'ce-specversion': '0.3', 'ce-datacontentencoding': 'gzip' }),
    ['N7 ce-datacontentencoding'],
  ],
]
for (const [name, rawHeaders, expected] of REJECTED) {
  t.test(`readBinary() rejects: ${name}`, async (t) => {
    t.strictSame(violations(rawHeaders), expected)
  })
}

t.test('readBinary() takes names in any case (H6) and of any length (N2)', async (t) => {
  const long = 'a'.repeat(40)

  const event = readBinary(
    headers({ 'CE-MyExt': 'x', 'cE-1ABC': 'y', [`ce-${long}`]: 'z' }),
    NO_BODY,
  )

  t.equal(event.attributes.get('myext'), 'x')
  t.equal(event.attributes.get('1abc'), 'y')
  t.equal(event.attributes.get(long), 'z')
})

t.test('readBinary() keeps the content type verbatim (H4) and invents nothing (N6)', async (t) => {
  const type = 'TEXT/Plain; CharSet=utf-8'
  const event = readBinary(headers({ 'Content-Type': type }), NO_BODY)
  const bare = readBinary(headers(), NO_BODY)

  t.equal(event.attributes.get('datacontenttype'), type)
  t.strictSame(
    [...bare.attributes],
    [
      ['specversion', '1.0'],
      ['id', '1'],
      ['source', '/test'],
      ['type', 'test.event'],
    ],
  )
  t.equal(bare.data, undefined)
})

t.test('readBinary() leaves other headers alone (H18)', async (t) => {
  const event = readBinary(headers({ 'X-Foo': '1', cerise: '2', traceparent: '3' }), NO_BODY)

  t.equal(event.attributes.size, 4)
})

t.test('readBinary() takes the body as it is (H20, J11)', async (t) => {
  for (const bytes of ['1e400', '{"a":1,"a":2}', '\ufeff{}', '{not json', '9007199254740993']) {
    const body = Buffer.from(bytes)
    const event = readBinary(headers({ 'content-type': 'application/json' }), body)

    t.equal(event.data, body, bytes)
  }
  const latin1 = Buffer.from([0x63, 0xe9])
  const event = readBinary(headers({ 'content-type': 'text/plain;charset=iso-8859-1' }), latin1)
  t.equal(event.data, latin1)
})

t.test('readBinary() passes CloudEvents 0.3 on as it is (N9)', async (t) => {
  const event = readBinary(
    headers({
      'ce-specversion': '0.3',
      'ce-schemaurl': 'http://a.example/s#v1',
      'ce-dataschema': 'just an extension',
      'ce-datacontentencoding': 'Base64',
    }),
    Buffer.from('AQID'),
  )

  t.equal(event.attributes.get('specversion'), '0.3')
  t.equal(event.attributes.get('schemaurl'), 'http://a.example/s#v1')
  t.equal(event.attributes.get('dataschema'), 'just an extension')
  t.equal(event.attributes.get('datacontentencoding'), 'Base64')
  t.equal(Buffer.from(event.data ?? []).toString(), 'AQID')
})

t.test(
  'readBinary() takes 500 attributes (H19) and legal names that JavaScript knows',
  async (t) => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`ce-x${i}`, `${i}`]))

    const event = readBinary(
      headers({ ...many, 'ce-constructor': 'c', 'ce-valueof': 'v' }),
      NO_BODY,
    )

    t.equal(event.attributes.size, 506)
    t.equal(event.attributes.get('x499'), '499')
    t.equal(event.attributes.get('constructor'), 'c')
  },
)
