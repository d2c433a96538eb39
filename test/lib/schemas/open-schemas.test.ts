import { rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Violation } from '#problems/problem.ts'
import { compileSchemas } from '#schemas/compile-schemas.ts'
import { loadSchemas } from '#schemas/load-schemas.ts'
import { type OpenSchemas, openSchemas, type SchemasOptions } from '#schemas/open-schemas.ts'
import type { Broker } from '#triggers/trigger.ts'
import { anEvent } from '../../support/an-event.ts'

const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema'
const DRAFT_07 = 'http://json-schema.org/draft-07/schema#'
const ENFORCE = { schemas: 'enforce', unknownTypes: 'accept' } as const

/** One line of a log. */
interface Line {
  readonly level: string
  readonly fields: Record<string, unknown>
  readonly message: string
}

function aLog(): { lines: Line[]; logger: SchemasOptions['logger'] } {
  const lines: Line[] = []
  const at = (level: string) => (fields: unknown, message?: string) => {
    lines.push({ level, fields: fields as Line['fields'], message: message ?? '' })
  }
  return { lines, logger: { info: at('info'), warn: at('warn'), error: at('error') } }
}

function schema(id: string, keywords: object, $schema = DRAFT_2020): string {
  return JSON.stringify({ $schema, $id: `https://test/${id}`, ...keywords }, null, 2)
}

type Files = Record<string, Record<string, string>>

async function open(test: Test, files: Files, options: Partial<SchemasOptions> = {}) {
  const schemasDir = test.testdir(files)
  const { lines, logger } = aLog()
  const schemas = await openSchemas({ schemasDir, logger, pollMs: 10, ...options })
  test.teardown(() => schemas.close())
  return { schemas, schemasDir, lines }
}

/** Resolves when `isTrue` is, and fails after five seconds. */
async function eventually(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`never true: ${isTrue}`)
    await delay(5)
  }
}

const A_COUNT = { type: 'object', properties: { count: { type: 'integer' } }, required: ['count'] }
const FILES = {
  'a.counted': {
    '1.json': schema('count/1', A_COUNT),
    '2.json': schema('count/2', { ...A_COUNT, additionalProperties: false }),
    '10.json': schema('count/10', {
      ...A_COUNT,
      properties: { count: { type: 'integer', maximum: 10 } },
    }),
    'notes.txt': 'not a schema',
    '.9.json.swp': 'an editor was here',
  },
  'a.seven': {
    '1.json': schema(
      'seven/1#',
      {
        type: 'array',
        items: [{ type: 'string' }],
        minItems: 1,
        additionalItems: false,
        maxItems: 1,
      },
      DRAFT_07,
    ),
  },
  'a%2Fslash': { '1.json': schema('slash/1', { const: 1 }) },
  'a.tree': {
    '1.json': schema('tree/1', {
      type: 'object',
      properties: { next: { $ref: '#' }, constructor: { type: 'string' } },
      additionalProperties: false,
    }),
  },
  'a.referring': {
    '1.json': schema('refer/1', { $ref: 'https://test/count/1' }),
    '2.json': schema('refer/2', { $ref: '/count/10' }),
  },
  'a.list': { '1.json': schema('list/1', { type: 'array', items: { type: 'string' } }) },
  'a.short': { '1.json': schema('short/1', { type: 'string', minLength: 2, maxLength: 3 }) },
  'a.format': { '1.json': schema('format/1', { type: 'string', format: 'date-time' }) },
}

/** Attributes, data, and the rules and places that are violated, in order. */
type Row = readonly [
  name: string,
  attributes: Record<string, string | undefined>,
  data: string | Uint8Array | undefined,
  violated: readonly string[],
]

const count = { type: 'a.counted' }
const ROWS: readonly Row[] = [
  ['the newest version counts, by number', count, '{"count":11}', ['maximum /data/count']],
  ['the newest version accepts', count, '{"count":10,"more":true}', []],
  [
    'dataschema chooses an older one',
    { ...count, dataschema: 'https://test/count/1' },
    '{"count":11}',
    [],
  ],
  [
    'dataschema of version 2',
    { ...count, dataschema: 'https://test/count/2' },
    '{"count":1,"x":1}',
    ['additionalProperties /data'],
  ],
  [
    'an empty fragment is the same URI',
    { ...count, dataschema: 'https://test/count/1#' },
    '{"count":11}',
    [],
  ],
  [
    'dataschema of somebody else: the newest',
    { ...count, dataschema: 'https://elsewhere/1' },
    '{"count":11}',
    ['maximum /data/count'],
  ],
  [
    'dataschema of another type',
    { ...count, dataschema: 'https://test/seven/1' },
    '{"count":1}',
    ['dataschema /dataschema'],
  ],
  [
    'dataschema of ours, a type without one',
    { type: 'b', dataschema: 'https://test/count/1' },
    '{"count":1}',
    ['dataschema /dataschema'],
  ],
  ['a type without a schema', { type: 'b' }, 'anything', []],
  ["a type that is every object's property", { type: 'constructor' }, '{}', []],
  ['draft-07 accepts', { type: 'a.seven' }, '["x"]', []],
  [
    'draft-07 rejects by its own keywords',
    { type: 'a.seven' },
    '["x",1]',
    ['maxItems /data', 'additionalItems /data'],
  ],
  [
    'draft-07 by dataschema without #',
    { type: 'a.seven', dataschema: 'https://test/seven/1' },
    '["x"]',
    [],
  ],
  ['a type with a slash', { type: 'a/slash' }, '2', ['const /data']],
  ['$ref among ours', { type: 'a.referring' }, '{"count":11}', ['maximum /data/count']],
  [
    '$ref to an absolute $id',
    { type: 'a.referring', dataschema: 'https://test/refer/1' },
    '{"count":"x"}',
    ['type /data/count'],
  ],
  ['a format', { type: 'a.format' }, '"yesterday"', ['format /data']],
  ['a format that fits', { type: 'a.format' }, '"2026-03-02T09:15:00+01:00"', []],
  ['length: two of ASCII', { type: 'a.short' }, '"ab"', []],
  ['length: four of ASCII', { type: 'a.short' }, '"abcd"', ['maxLength /data']],
  ['length: four beyond Latin-1', { type: 'a.short' }, '"€€€€"', ['maxLength /data']],
  ['length: three surrogate pairs', { type: 'a.short' }, '"😀😀😀"', []],
  ['length: one surrogate pair', { type: 'a.short' }, '"😀"', ['minLength /data']],
  ['length: lone surrogates', { type: 'a.short' }, '"\\ude00\\ud83d\\ud83d"', []],
  ['no data', count, undefined, ['data /data']],
  ['null is data', count, 'null', ['type /data']],
  ['empty data is not JSON', count, '', ['json /data']],
  ['broken JSON', count, '{"count":1', ['json /data']],
  ['a byte order mark', count, '\ufeff{"count":1}', ['json /data']],
  ['not UTF-8', { type: 'a.list' }, Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), ['json /data']],
  ['a view into other bytes', count, Buffer.from('xx{"count":1}xx').subarray(2, 13), []],
  ['a bare Uint8Array', count, new Uint8Array(Buffer.from('{"count":1}')), []],
  [
    'a structured suffix',
    { ...count, datacontenttype: 'application/vnd.x+json; v=1' },
    '{"count":1}',
    [],
  ],
  [
    'upper case, parameters',
    { ...count, datacontenttype: 'Application/JSON;charset="utf-8"' },
    '{"count":1}',
    [],
  ],
  ['text/json', { ...count, datacontenttype: 'text/json' }, '{"count":1}', []],
  [
    'application/json-seq is not JSON',
    { ...count, datacontenttype: 'application/json-seq' },
    '{"count":1}',
    ['datacontenttype /datacontenttype'],
  ],
  [
    'application/jsonwrong is not JSON',
    { ...count, datacontenttype: 'application/jsonwrong' },
    '{"count":1}',
    ['datacontenttype /datacontenttype'],
  ],
  [
    'text/plain',
    { ...count, datacontenttype: 'text/plain' },
    '{"count":1}',
    ['datacontenttype /datacontenttype'],
  ],
  [
    'no datacontenttype',
    { ...count, datacontenttype: undefined },
    '{"count":1}',
    ['datacontenttype /datacontenttype'],
  ],
  [
    'a pointer into an array',
    { type: 'a.list' },
    '["a",1,"b",2]',
    ['type /data/1', 'type /data/3'],
  ],
  [
    'a pointer is escaped',
    { type: 'a.tree' },
    '{"next":{"next":{"a/b~c":1}}}',
    ['additionalProperties /data/next/next'],
  ],
  ['a property named constructor', { type: 'a.tree' }, '{"next":{}}', []],
  [
    'a property named __proto__',
    { type: 'a.tree' },
    '{"__proto__":{}}',
    ['additionalProperties /data'],
  ],
  [
    'ten violations at most',
    { type: 'a.list' },
    JSON.stringify(Array(50).fill(1)),
    Array.from({ length: 10 }, (_, i) => `type /data/${i}`),
  ],
  [
    'the first violation of much data',
    { type: 'a.list' },
    JSON.stringify(Array(40_000).fill(1)),
    ['type /data/0'],
  ],
  [
    'nesting beyond the stack',
    { type: 'a.tree' },
    `${'{"next":'.repeat(60_000)}{}${'}'.repeat(60_000)}`,
    ['depth /data'],
  ],
]

t.test('openSchemas() checks data', async (t) => {
  const { schemas, lines } = await open(t, FILES)
  const elsewhere = loadSchemas(structuredClone(schemas.compiled()))

  for (const [name, attributes, data, violated] of ROWS) {
    const violations = schemas.check(anEvent(attributes, data), ENFORCE)

    t.strictSame(
      violations.map(({ rule, at }) => `${rule} ${at}`),
      violated,
      name,
    )
    for (const { at, detail } of violations) t.ok(at.length <= 256 && detail.length <= 256, name)
  }
  t.equal(elsewhere.byId.size, schemas.compiled().schemas.length, 'loads in another thread')
  t.strictSame(lines, [], 'and logs nothing')
})

t.test('openSchemas() bounds what it repeats', async (t) => {
  const { schemas } = await open(t, FILES)
  const name = `${'x'.repeat(300)}😀`

  const [inside] = schemas.check(
    anEvent({ type: 'a.tree' }, JSON.stringify({ [name]: 1 })),
    ENFORCE,
  )
  const [unknown] = schemas.check(anEvent({ type: name }, '1'), {
    schemas: 'enforce',
    unknownTypes: 'reject',
  })

  t.equal(inside?.detail.length, 256)
  t.equal(unknown?.detail.length, 256)
})

t.test('openSchemas() obeys the Broker', async (t) => {
  const warnings: [string | undefined, readonly Violation[]][] = []
  const { schemas, lines } = await open(t, FILES, {
    onWarning: (type, violations) => warnings.push([type, violations]),
  })
  const events = {
    good: anEvent(count, '{"count":1}'),
    bad: anEvent(count, '{"count":"x"}'),
    unknown: anEvent({ type: 'b' }, '{}'),
  }
  const rows: [Broker['schemas'], Broker['unknownTypes'], keyof typeof events, string[], number][] =
    [
      ['enforce', 'accept', 'good', [], 0],
      ['enforce', 'accept', 'bad', ['type'], 0],
      ['enforce', 'accept', 'unknown', [], 0],
      ['enforce', 'reject', 'good', [], 0],
      ['enforce', 'reject', 'unknown', ['type'], 0],
      ['warn', 'accept', 'good', [], 0],
      ['warn', 'accept', 'bad', [], 1],
      ['warn', 'accept', 'unknown', [], 0],
      ['warn', 'reject', 'bad', [], 1],
      ['warn', 'reject', 'unknown', [], 1],
      ['off', 'accept', 'bad', [], 0],
      ['off', 'reject', 'unknown', [], 0],
    ]

  for (const [mode, unknownTypes, event, rules, counted] of rows) {
    warnings.length = 0
    const violations = schemas.check(events[event], { schemas: mode, unknownTypes })

    const name = `${mode}, ${unknownTypes}, ${event}`
    t.strictSame(
      violations.map(({ rule }) => rule),
      rules,
      name,
    )
    t.equal(warnings.length, counted, `${name}: counted`)
    if (counted)
      t.equal(
        warnings[0]?.[0],
        event === 'bad' ? 'a.counted' : undefined,
        `${name}: under a bounded name`,
      )
  }
  t.equal(
    lines.filter(({ level }) => level === 'warn').length,
    2,
    'the first of each type is logged',
  )
})

t.test('openSchemas() follows changes', async (t) => {
  const { schemas, schemasDir, lines } = await open(t, FILES)
  const file = join(schemasDir, 'a.format/1.json')
  const isText = (opened: OpenSchemas) =>
    opened.check(anEvent({ type: 'a.format' }, '"yesterday"'), ENFORCE).length === 0
  const errors = () => lines.filter(({ level }) => level === 'error')
  let changes = 0
  schemas.onChange(() => changes++)

  await writeFile(`${file}.new`, schema('format/1', { type: 'string' }))
  await rename(`${file}.new`, file)
  await eventually(() => isText(schemas))
  t.equal(changes, 1, 'takes a changed file over')

  await writeFile(file, '{\n  "$id": "https://test/format/1",\n  "type": "strin"\n}')
  await eventually(() => errors().length === 1)
  t.match(errors()[0]?.fields['faults'], [
    { file: 'a.format/1.json', line: 3, reason: /not a valid schema/ },
  ])
  t.ok(isText(schemas), 'keeps the last good state')

  await rm(file)
  await eventually(() => changes === 2)
  t.ok(isText(schemas), 'forgets a file that is gone')
  t.notOk(schemas.compiled().schemas.some(({ type }) => type === 'a.format'))

  await rename(schemasDir, `${schemasDir}.away`)
  await eventually(() => errors().length === 2)
  t.equal(schemas.check(anEvent(count, '{}'), ENFORCE).length, 1, 'outlives its folder')

  await rename(`${schemasDir}.away`, schemasDir)
  await writeFile(file, schema('format/1', { type: 'null' }))
  await utimes(schemasDir, 1, 1)
  await eventually(() => !isText(schemas))
  t.equal(errors().length, 2, 'and picks up where it was')
})

t.test('openSchemas() takes an empty folder, and nothing but one', async (t) => {
  const { schemas } = await open(t, {})
  t.strictSame(schemas.check(anEvent(), ENFORCE), [])
  t.strictSame(schemas.check(anEvent(), { schemas: 'enforce', unknownTypes: 'reject' }).length, 1)

  const schemasDir = join(t.testdirName, 'missing')
  await t.rejects(
    openSchemas({ schemasDir, logger: aLog().logger }),
    /Cannot read the schemas folder: ENOENT.*missing/,
  )
})

const at = ($id: string, lines: string) => `{\n"$id": "https://test/${$id}",\n${lines}\n}`
const FAULTS: readonly [text: string, line: number, reason: RegExp][] = [
  ['{\n  "a": 1,\n}', 3, /^not valid JSON: Expected double-quoted property name/],
  ['{\n  "a":\n tru\n}', 3, /^not valid JSON/],
  ['{\n  "a":\n', 2, /^not valid JSON: Unexpected end/],
  ['[]', 1, /^a schema here is a JSON object/],
  ['{}', 1, /^"\$id" is missing/],
  ['{\n\n"$id": "b/1"}', 3, /^\$id "b\/1" is not an absolute URI/],
  [at('b', '"$schema": "http://json-schema.org/draft-04/schema#"'), 3, /^\$schema must be https/],
  [at('count/1', '"type": "null"'), 2, /already that of a\/1\.json/],
  [
    at('b', '"properties": {\n  "x": { "type": "strin" }\n}'),
    4,
    /^not a valid schema of draft-2020-12: \/properties\/x\/type/,
  ],
  [at('b', '"type": "object",\n"propertees": {}'), 4, /strict mode: unknown keyword: "propertees"/],
  [at('b', '"type": "string",\n"format": "colour"'), 4, /unknown format "colour"/],
  [at('b', '"type": "string", "pattern": "("'), 3, /^Invalid regular expression: \/\(\/u/],
  [
    at('b', '"type": "array",\n"items": { "$ref": "https://elsewhere/x.json" }'),
    4,
    /^\$ref "https:\/\/elsewhere\/x\.json" is not the \$id of a schema here, and nothing is fetched/,
  ],
  [
    at('b', '"$ref": "#/$defs/none"'),
    3,
    /^\$ref "#\/\$defs\/none" points to nothing in b\/1\.json/,
  ],
  [
    at(
      'b',
      '"$schema": "http://json-schema.org/draft-07/schema#",\n"allOf": [{ "$ref": "count/1" }]',
    ),
    4,
    /^\$ref "count\/1" is of draft-2020-12, while this schema is of draft-07/,
  ],
]

t.test('compileSchemas() names line and reason of a fault', async (t) => {
  const good = { file: 'a/1.json', type: 'a', version: 1, text: schema('count/1', A_COUNT) }
  for (const [text, line, reason] of FAULTS) {
    const bad = { file: 'b/1.json', type: 'b', version: 1, text }

    const faults = compileSchemas([good, bad])

    t.match(faults, [{ file: 'b/1.json', line, reason }], String(reason))
    t.equal('length' in faults && faults.length, 1, `${reason}: once`)
  }
})

t.test('compileSchemas() blames the schema that is referred to', (t) => {
  const referring = { file: 'a/1.json', type: 'a', version: 1, text: at('a', '"$ref": "b"') }
  const text = at('b', '"$ref": "http://nowhere/x"')

  const faults = compileSchemas([referring, { file: 'b/1.json', type: 'b', version: 1, text }])

  t.match(faults, [{ file: 'b/1.json', line: 3, reason: /"http:\/\/nowhere\/x" is not the/ }])
  t.end()
})

t.test('openSchemas() names every file that is at fault', async (t) => {
  const schemasDir = t.testdir({
    '1.json': '{}',
    a: { '1.json': '{}', '01.json': '{}', 'one.json': '{}', '2.json': { 'file.txt': '' } },
    '%zz': { '1.json': '{}' },
    b: { '1.json': `{"$comment": "${'x'.repeat(1024 * 1024)}"}` },
  })

  const error = await openSchemas({ schemasDir, logger: aLog().logger }).catch((error) => error)

  const lines: string[] = error.message.split('\n')
  t.equal(lines.shift(), 'Cannot load the schemas:')
  t.strictSame(
    lines.sort().map((line) => line.replace(`${schemasDir}/`, '')),
    [
      '%zz/1.json:1: the folder is named after the event type; there, a % is written %25',
      '1.json:1: a schema lies in a folder named after its event type',
      'a/01.json:1: the name is not <integer version>.json, such as 1.json',
      'a/1.json:1: "$id" is missing; it is the URI that events name',
      'a/2.json:1: it is not a file',
      'a/one.json:1: the name is not <integer version>.json, such as 1.json',
      'b/1.json:1: the file has 1048592 bytes, and at most 1048576 are read',
    ],
  )
})
