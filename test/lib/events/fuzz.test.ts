import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { readMessage } from '#events/read-message.ts'
import { readReply } from '#events/read-reply.ts'
import { readStructured } from '#events/read-structured.ts'
import { scanJsonValue } from '#events/scan-json-value.ts'
import { writeBatch } from '#events/write-batch.ts'
import { writeBinary } from '#events/write-binary.ts'
import { writeStructured } from '#events/write-structured.ts'
import { Problem } from '#problems/problem.ts'
import { arbitraryEvent } from '../../support/arbitrary-event.ts'

const LIMITS = { maxEventBytes: 1024 * 1024, maxBatchEvents: 100 }
const RUNS = { seed: 20250102, numRuns: 1500 }

/** Long enough for a machine under load, far too short for anything quadratic. */
const LONGEST_MS = 1000

interface Mutation {
  readonly at: number
  readonly remove: number
  readonly insert: string | number
}

const TOKENS = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\u', '\\ud800', '%', '%E2', '%00', '\n', ' '],
  ...[
    'null',
    'true',
    '-',
    '1e400',
    '0',
    '""',
    '"id":"2",',
    '"data":',
    '"data_base64":"AQ=="',
    'ce-',
  ],
]

const MUTATIONS: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    at: fc.nat(),
    remove: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(2000)),
    insert: fc.oneof(fc.constantFrom(...TOKENS), fc.integer({ min: 0, max: 255 }), fc.constant('')),
  }),
  { minLength: 1, maxLength: 4 },
)

/** One character per byte, as headers have it. */
function mutate(text: string, mutations: readonly Mutation[]): string {
  return mutations.reduce((result, { at, remove, insert }) => {
    const start = at % (result.length + 1)
    const inserted = typeof insert === 'number' ? String.fromCharCode(insert) : insert
    return result.slice(0, start) + inserted + result.slice(start + remove)
  }, text)
}

/** Fails on anything but a result or a Problem. */
function onlyProblems(act: () => unknown): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    assert.ok(/^[ -~]{1,500}$/.test(error.message), error.message)
  }
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

t.test('mutated headers never cause anything but a Problem', async () => {
  fc.assert(
    fc.property(arbitraryEvent(), fc.nat(), MUTATIONS, (event, which, mutations) => {
      const headers = writeBinary(event)
      const index = which % headers.length
      headers[index] = mutate(headers[index] ?? '', mutations)
      onlyProblems(() => readMessage(headers, event.data ?? bytes(''), LIMITS))
      onlyProblems(() => readReply(headers, event.data ?? bytes('')))
    }),
    RUNS,
  )
})

t.test('mutated events in JSON never cause anything but a Problem', async () => {
  const headers = ['content-type', 'application/cloudevents+json']
  fc.assert(
    fc.property(arbitraryEvent(), MUTATIONS, (event, mutations) => {
      const body = bytes(mutate(writeStructured(event).toString('latin1'), mutations))
      onlyProblems(() => readMessage(headers, body, LIMITS))
      onlyProblems(() => readReply(headers, body))
    }),
    RUNS,
  )
})

t.test('mutated batches never cause anything but a Problem', async () => {
  const headers = ['content-type', 'application/cloudevents-batch+json']
  fc.assert(
    fc.property(fc.array(arbitraryEvent(), { maxLength: 3 }), MUTATIONS, (events, mutations) => {
      const body = bytes(mutate(writeBatch(events).toString('latin1'), mutations))
      onlyProblems(() => readMessage(headers, body, LIMITS))
    }),
    { ...RUNS, numRuns: 300 },
  )
})

t.test('scanJsonValue() accepts exactly what JSON.parse() accepts', async () => {
  let accepted = 0
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.nat(2), MUTATIONS, (json, spaces, mutations) => {
      const text = JSON.stringify(JSON.parse(json), null, spaces)
      const body = bytes(mutate(Buffer.from(text).toString('latin1'), mutations.slice(0, 1)))
      // What stands around a value is not scanJsonValue()'s to judge.
      const start = body.length - body.toString('latin1').replace(/^[ \t\r\n]+/, '').length
      const end = body.toString('latin1').replace(/[ \t\r\n]+$/, '').length
      const isAccepted = scanJsonValue(body, start) === end
      accepted += isAccepted ? 1 : 0
      assert.equal(isAccepted, isJson(body.toString('latin1')))
    }),
    { ...RUNS, numRuns: 3000 },
  )
  assert.ok(accepted > 300 && accepted < 2700, `${accepted} accepted: the check sees both sides`)
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

t.test('readStructured() reads what JSON.parse() reads, where the event is valid', async () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string(), fc.nat(4), (data, subject, indent) => {
      const members = { specversion: '1.0', id: '1', source: '/', type: 't', data }
      const all = /^[ -~]+$/.test(subject) ? { ...members, subject } : members
      const event = readStructured(Buffer.from(JSON.stringify(all, null, indent)))
      assert.deepStrictEqual(
        JSON.parse(Buffer.from(event.data ?? []).toString()),
        JSON.parse(JSON.stringify(data)),
      )
      assert.equal(event.attributes.get('subject'), 'subject' in all ? all.subject : undefined)
    }),
    RUNS,
  )
})

const MIB = 1024 * 1024
const HEAD = '{"specversion":"1.0","id":"1","source":"/","type":"t"'
const LARGE: readonly [name: string, body: string][] = [
  ['a string of data', `${HEAD},"data":"${'x'.repeat(MIB)}"}`],
  ['a string of escapes', `${HEAD},"data":"${'\\n'.repeat(MIB / 2)}"}`],
  ['an attribute', `${HEAD},"ext":"${'é'.repeat(MIB / 2)}"}`],
  ['an attribute of escapes', `${HEAD},"ext":"${'\\u00e9'.repeat(MIB / 6)}"}`],
  ['a source of colons', `{"source":"${':'.repeat(MIB)}"}`],
  ['a source of at signs', `{"source":"//${'@'.repeat(MIB)}"}`],
  ['a content type of parameters', `{"datacontenttype":"a/b${';a=b'.repeat(MIB / 4)}"}`],
  [
    'a content type of spaces',
    `{"datacontenttype":"a/b;${' '.repeat(MIB)}x","data":"","specversion":"1.0"}`,
  ],
  ['a time of digits', `{"time":"2018-04-05T18:31:00.${'1'.repeat(MIB)}Z"}`],
  ['a name', `{"${'a'.repeat(MIB)}":1}`],
  ['many attributes', `{${Array.from({ length: 80_000 }, (_, i) => `"a${i}":1`).join()}}`],
  ['many nulls', `{${Array.from({ length: 80_000 }, (_, i) => `"a${i}":null`).join()}}`],
  ['many duplicates', `{${'"a":1,'.repeat(150_000)}"a":1}`],
  ['many wrong names', `{${'"A":1,'.repeat(150_000)}"A":1}`],
  ['brackets that open', `${HEAD},"data":${'['.repeat(1e5)}`],
  ['brackets that close', `${HEAD},"data":${'['.repeat(1e5)}${']'.repeat(1e5)}}`],
  ['braces', `${HEAD},"data":${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}}`],
  ['white space', `${HEAD}${' '.repeat(MIB)}}`],
  ['a number', `${HEAD},"data":${'1'.repeat(MIB)}}`],
  ['base64', `${HEAD},"data_base64":"${'AAAA'.repeat(MIB / 4)}"}`],
  ['base64 that is none', `${HEAD},"data_base64":"${'AAA='.repeat(MIB / 4)}"}`],
]
for (const [name, text] of LARGE) {
  t.test(`reading takes no long time: ${name}`, async (t) => {
    const body = Buffer.from(text)
    const batch = Buffer.from(`[${text}]`)
    const start = performance.now()

    onlyProblems(() => readMessage(['content-type', 'application/cloudevents+json'], body, LIMITS))
    onlyProblems(() =>
      readMessage(['content-type', 'application/cloudevents-batch+json'], batch, LIMITS),
    )

    t.ok(performance.now() - start < LONGEST_MS)
  })
}

t.test('reading takes no long time: headers', async (t) => {
  const value = [0x22, 0x25, 0x5c, 0xe9, 0x61].map((code) => String.fromCharCode(code).repeat(MIB))
  const start = performance.now()

  for (const [index, raw] of value.entries()) {
    onlyProblems(() => readMessage([`ce-a${index}`, raw], bytes(''), LIMITS))
    onlyProblems(() => readMessage(['ce-a', '', 'content-type', raw], bytes(''), LIMITS))
    onlyProblems(() => readMessage([`ce-${raw}`, ''], bytes(''), LIMITS))
  }

  t.ok(performance.now() - start < LONGEST_MS)
})
