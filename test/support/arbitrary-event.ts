import fc from 'fast-check'
import type { AttributeValue, CloudEvent } from '#events/event.ts'

const CHARACTER = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
  { weight: 1, arbitrary: fc.constantFrom(0x22, 0x25, 0x5c, 0x20, 0x2f, 0x2b) },
  { weight: 1, arbitrary: fc.integer({ min: 0xa0, max: 0xd7ff }) },
  { weight: 1, arbitrary: fc.integer({ min: 0xe000, max: 0xfdcf }) },
  { weight: 1, arbitrary: fc.integer({ min: 0xfdf0, max: 0xfffd }) },
  { weight: 1, arbitrary: fc.integer({ min: 0x10000, max: 0x1fffd }) },
)

function text(minLength: number): fc.Arbitrary<string> {
  return fc
    .array(CHARACTER, { minLength, maxLength: 20 })
    .map((points) => String.fromCodePoint(...points))
}

const SOURCE = fc.oneof(
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.uuid().map((uuid) => `urn:uuid:${uuid}`),
  fc.stringMatching(/^\/[a-z0-9/._~%2F-]{0,20}$/).map((path) => path.replaceAll('%', '%25')),
  fc.constantFrom('#fragment', '//a/b', '1-555-123-4567', '?q=%C3%A9', 'mailto:a@b.example', '.'),
)

const SCHEMA = fc.webUrl({ withQueryParameters: true })

const TIME = fc.oneof(
  fc
    .date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T00:00:00Z'),
      noInvalidDate: true,
    })
    .map((date) => date.toISOString()),
  fc.constantFrom(
    '2018-04-05T18:31:00.123456789+01:00',
    '1990-12-31T23:59:60Z',
    '2020-02-29t00:00:00-00:00',
    '2024-01-01T00:00:00.000000000000z',
  ),
)

const EXTENSION_NAME = fc.oneof(
  { weight: 5, arbitrary: fc.stringMatching(/^[a-z0-9]{3,25}$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('constructor', 'validate', 'emit', 'tostring', 'valueof', '1abc'),
  },
)

const DEFINED = new Set([
  ...['specversion', 'id', 'source', 'type', 'subject', 'time', 'data', 'dataschema', 'schemaurl'],
  ...['datacontenttype', 'datacontentencoding'],
])

const EXTENSION_VALUE: fc.Arbitrary<AttributeValue> = fc.oneof(
  text(0),
  fc.boolean(),
  fc.integer({ min: -2147483648, max: 2147483647 }),
)

const JSON_TEXT = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value, null, 2)),
  fc.constantFrom(
    'null',
    '0',
    'false',
    '""',
    '1e400',
    '9007199254740993',
    '{"a":1,"a":2}',
    '{ "__proto__" : { "x" : 1.10 } }',
    '"\\ud800"',
    '[ ]',
    ' {"space": "around"}\n',
    '{not json',
  ),
)

const BYTES = fc.uint8Array({ maxLength: 40 })

const CONTENT = fc.oneof(
  fc.record({
    type: fc.constantFrom(
      'application/json',
      'Application/JSON;charset="utf-8"',
      'application/vnd.x+json; v=1',
    ),
    data: fc.oneof(JSON_TEXT.map(utf8), BYTES),
  }),
  fc.record({
    type: fc.constantFrom(
      'text/plain',
      'TEXT/Plain; CharSet=utf-8',
      'application/xml',
      'text/plain;charset=iso-8859-1',
      'application/octet-stream',
      'application/json-seq',
    ),
    data: fc.oneof(fc.string({ unit: 'grapheme' }).map(utf8), BYTES),
  }),
  fc.record({ type: fc.constant(undefined), data: BYTES }),
  fc.record({
    type: fc.constantFrom('application/json', 'text/plain', undefined),
    data: fc.constant(undefined),
  }),
)

function utf8(string: string): Uint8Array {
  return Buffer.from(string)
}

/**
 * Any valid event, of version 1.0 or, seldom, 0.3: awkward characters, URIs and times, typed
 * extensions, and data of any bytes, which may contradict their `datacontenttype`.
 */
export function arbitraryEvent(): fc.Arbitrary<CloudEvent> {
  return fc
    .record({
      specversion: fc.constantFrom('1.0', '1.0', '1.0', '0.3'),
      id: text(1),
      source: SOURCE,
      type: text(1),
      subject: fc.option(text(1), { nil: undefined }),
      time: fc.option(TIME, { nil: undefined }),
      schema: fc.option(SCHEMA, { nil: undefined }),
      content: CONTENT,
      extensions: fc.dictionary(EXTENSION_NAME, EXTENSION_VALUE, { maxKeys: 6 }),
    })
    .map(({ schema, content, extensions, ...defined }) => {
      const attributes = new Map<string, AttributeValue>()
      for (const [name, value] of Object.entries(defined)) {
        if (value !== undefined) attributes.set(name, value)
      }
      const schemaName = defined.specversion === '1.0' ? 'dataschema' : 'schemaurl'
      if (schema !== undefined) attributes.set(schemaName, schema)
      if (content.type !== undefined) attributes.set('datacontenttype', content.type)
      for (const [name, value] of Object.entries(extensions)) {
        if (!DEFINED.has(name)) attributes.set(name, value)
      }
      return { attributes, data: content.data }
    })
}
