import fc from 'fast-check'
import { writeBatch } from '#events/write-batch.ts'
import { writeBinary } from '#events/write-binary.ts'
import { writeStructured } from '#events/write-structured.ts'
import { arbitraryEvent } from '../support/arbitrary-event.ts'

/** An HTTP message as it arrives: a flat list of header names and values, one character per byte. */
export interface ArrivedMessage {
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

const STRUCTURED = 'application/cloudevents+json'
const BATCH = 'application/cloudevents-batch+json'

const NAMES = [
  ...['specversion', 'id', 'source', 'type', 'subject', 'time', 'dataschema', 'datacontenttype'],
  ...['datacontentencoding', 'schemaurl', 'data', 'data_base64', 'partitionkey', 'sequence'],
  ...['__proto__', 'constructor', 'Upper', 'a-b', '', 'x', 'a'.repeat(300), '\\u0069d', '\\ud800'],
]

const CONTENT_TYPES = [
  ...[STRUCTURED, BATCH, 'Application/CloudEvents', 'application/cloudevents+avro'],
  ...['application/json', 'application/vnd.x+json', 'text/plain', 'text/plain; charset=utf-16'],
  ...['text/plain; ', 'text/plain;;', 'text/xml; a="b\\"c"', 'image/png', 'a/b; c', 'x'],
]

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

const JSON_VALUES = [
  ...['null', 'true', '0', '-0', '-1', '2147483647', '2147483648', '1e400', '1.0', '9'.repeat(400)],
  ...['""', '" "', '" a "', '"%"', '"%41"', '"\\u0000"', '"\\u0085"', '"\\uffff"', '"\\ufdd0"'],
  ...['"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\ud83d"', '"é"', '"\\""', '"\\\\"'],
  ...['"1.0"', '"0.3"', '"2.0"', '"base64"', '"AQ=="', '"A"', '"//[a"', '"2020-13-01T00:00:00Z"'],
  ...['"1990-12-31T23:59:60Z"', '{}', '{"a":1,"a":2}', '{"__proto__":{"a":1}}', '[ 1 ,2]'],
  ...[nested(998), nested(999), nested(1000), nested(1001), '['.repeat(3000)],
  ...CONTENT_TYPES.map((type) => JSON.stringify(type)),
]

const TOKENS = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\u', '\\ud800', '%', '%E2', '%00', '\n', ' '],
  ...['null', 'true', '-', '1e400', '0', '""', '\xff', '\xed\xa0\x80', '\xc0\x80', '\xef\xbb\xbf'],
]

interface Damage {
  readonly at: number
  readonly remove: number
  readonly insert: string
}

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(),
  remove: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(200)),
  insert: fc.oneof(
    fc.constantFrom(...TOKENS),
    fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)),
    fc.constant(''),
  ),
})
const someDamage = fc.oneof(fc.constant([]), fc.array(damage, { maxLength: 3 }))

function damaged(text: string, all: readonly Damage[]): string {
  return all.reduce((result, { at, remove, insert }) => {
    const start = at % (result.length + 1)
    return result.slice(0, start) + insert + result.slice(start + remove)
  }, text)
}

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const asBytes = (text: string) => Buffer.from(text).toString('latin1')

const member = fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...JSON_VALUES))

/** Four attributes that make an event, and others in their place or beside them. */
const odd = fc.array(member, { maxLength: 4 }).map((members) => {
  const all = new Map([
    ['specversion', '"1.0"'],
    ['id', '"1"'],
    ['source', '"/s"'],
    ['type', '"t"'],
    ...members,
  ])
  return asBytes(`{${[...all].map(([name, value]) => `"${name}":${value}`).join(',')}}`)
})

/** A whole event with members before its own, which may be there twice then. */
const extended = fc
  .tuple(arbitraryEvent(), fc.array(member, { maxLength: 2 }))
  .map(([event, members]) => {
    const first = members.map(([name, value]) => `"${name}":${value},`).join('')
    return `{${asBytes(first)}${writeStructured(event).toString('latin1').slice(1)}`
  })

/** One event in JSON, or an object that is nearly one: one character per byte. */
export const arbitraryMember: fc.Arbitrary<string> = fc.oneof(odd, odd, extended)

const json = fc.tuple(arbitraryMember, someDamage).map(([text, all]) => damaged(text, all))

const structured = json.map((text) => ({
  rawHeaders: ['Content-Type', STRUCTURED],
  body: latin1(text),
}))

const batch = fc
  .tuple(fc.array(json, { maxLength: 4 }), fc.constantFrom(',', ', ', ',', ',,', ''), someDamage)
  .map(([members, comma, all]) => ({
    rawHeaders: ['content-type', BATCH],
    body: latin1(damaged(`[${members.join(comma)}]`, all.slice(0, 1))),
  }))

const wholeBatch = fc
  .array(arbitraryEvent(), { maxLength: 3 })
  .map((events) => ({ rawHeaders: ['content-type', BATCH], body: writeBatch(events) }))

const headerValue = fc.oneof(
  fc.constantFrom(...CONTENT_TYPES, ...TOKENS, '"a b"', '"', '"\\"', '%F0%9F%98%80', '%ED%A0%80'),
  fc.constantFrom(...['1.0', '0.3', 'base64', '', ' ', '1', '/s', '%', '%u0041', '\t', '\xe9']),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
)

const header = fc.tuple(
  fc.constantFrom(...NAMES.map((name) => `ce-${name}`), 'CE-ID', 'content-type', 'Content-Type'),
  headerValue,
)

const binary = fc
  .tuple(arbitraryEvent(), fc.array(header, { maxLength: 2 }), fc.nat(), someDamage)
  .map(([event, more, which, all]): ArrivedMessage => {
    const written = writeBinary(event)
    const at = which % written.length
    written[at] = damaged(written[at] ?? '', all)
    const names = new Set(more.map(([name]) => name.toLowerCase()))
    // Half of them replace what is there, and the others come on top of it.
    const kept = written.filter(
      (_, i) => which % 2 === 0 || !names.has((written[i - (i % 2)] ?? '').toLowerCase()),
    )
    return { rawHeaders: [...kept, ...more.flat()], body: Buffer.from(event.data ?? []) }
  })

const rubbish = fc.record({
  rawHeaders: fc.array(header, { maxLength: 6 }).map((headers) => headers.flat()),
  body: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
})

/** Messages in all three modes, many of them valid, most of them nearly, some not at all. */
export const arbitraryMessage: fc.Arbitrary<ArrivedMessage> = fc.oneof(
  { weight: 4, arbitrary: structured },
  { weight: 4, arbitrary: binary },
  { weight: 2, arbitrary: batch },
  { weight: 1, arbitrary: wholeBatch },
  { weight: 1, arbitrary: rubbish },
)
