import type { ConformanceCase, Source } from '../conformance-case.ts'
import { delivered, REFUSED } from '../expectations.ts'
import { batch, binary, structured, structuredText } from '../requests.ts'

const NAMES: Source = { document: 'CloudEvents', section: 'Attribute Naming Convention' }
const REQUIRED: Source = { document: 'CloudEvents', section: 'Required Attributes' }
const OPTIONAL: Source = { document: 'CloudEvents', section: 'Optional Attributes' }
const TYPES: Source = { document: 'CloudEvents', section: 'Type System' }
const EXTENSIONS: Source = { document: 'CloudEvents', section: 'Extension Context Attributes' }

const REQUIRED_NAMES = ['specversion', 'id', 'source', 'type']

/** Each required attribute, missing and empty, in each content mode. */
const ABSENT_OR_EMPTY = REQUIRED_NAMES.flatMap((name) =>
  [undefined, ''].flatMap((value): ConformanceCase[] => {
    const how = value === undefined ? 'missing' : 'empty'
    const parts = {
      level: 'MUST',
      source: REQUIRED,
      expect: REFUSED,
    } as const
    const taken = value === '' && name !== 'specversion' && { differs: 'empty-required' }
    return [
      {
        ...parts,
        ...taken,
        id: `N5-${name}-${how}-binary`,
        title: `A binary event whose ${name} is ${how} is refused`,
        send: [binary({ subject: '{token}', [name]: value ?? null })],
      },
      {
        ...parts,
        ...taken,
        id: `N5-${name}-${how}-structured`,
        title: `A structured event whose ${name} is ${how} is refused`,
        send: [structured({ subject: '{token}', [name]: value })],
      },
      {
        ...parts,
        id: `N5-${name}-${how}-batch`,
        title: `A batch with an event whose ${name} is ${how} is refused`,
        send: [batch([{}, { subject: '{token}', [name]: value }])],
      },
    ]
  }),
)

/** Which characters an attribute's name may have. */
const NAME_CASES: readonly ConformanceCase[] = [
  ...(
    [
      ['underscore', 'my_ext'],
      ['dot', 'my.ext'],
      ['dash', 'my-ext'],
    ] as const
  ).map(
    ([what, name]): ConformanceCase => ({
      id: `N1-${what}-binary`,
      level: 'MUST',
      source: NAMES,
      title: `The header ce-${name} is refused`,
      send: [binary({ [name]: 'x' })],
      expect: REFUSED,
    }),
  ),
  ...(
    [
      ['upper-case', 'MyExtension'],
      ['dot', 'my.extension'],
      ['underscore', 'my_extension'],
      ['dash', 'my-extension'],
      ['empty', ''],
      ['non-ascii', 'größe'],
    ] as const
  ).map(
    ([what, name]): ConformanceCase => ({
      id: `N1-${what}-structured`,
      level: 'MUST',
      source: NAMES,
      title: `The JSON member "${name}" is refused`,
      send: [structured({ [name]: 'x' })],
      expect: REFUSED,
    }),
  ),
  {
    id: 'N2-long-name',
    level: 'MUST',
    source: NAMES,
    title: 'A name of more than 20 characters is accepted and forwarded',
    send: [binary({ averyveryverylongattributename: 'x' })],
    expect: delivered({ attributes: { averyveryverylongattributename: 'x' } }),
  },
  {
    id: 'N2-digit-first',
    level: 'MUST',
    source: NAMES,
    title: 'A name that begins with a digit is accepted and forwarded',
    send: [binary({ '1abc': 'x' }), structured({ '1abc': 'y' })],
    expect: delivered({ attributes: { '1abc': 'x' } }, { attributes: { '1abc': 'y' } }),
  },
  {
    id: 'N3-data',
    level: 'SHOULD',
    source: NAMES,
    title: 'The header ce-data, a name that is reserved, is refused',
    send: [binary({ data: 'x' }, '{}')],
    expect: REFUSED,
    differs: 'ambiguous-attributes',
  },
  {
    id: 'H6-header-names',
    level: 'MUST',
    source: { document: 'CloudEvents HTTP', section: '3.1.3.1' },
    title: 'The case of header names does not matter',
    send: [
      {
        headers: binary({ myext: 'x' }).headers.map(([name, value]) => [name.toUpperCase(), value]),
      },
    ],
    expect: delivered({ attributes: { myext: 'x', type: 'conformance' } }),
  },
]

const OPTIONAL_CASES: readonly ConformanceCase[] = [
  ...(
    [
      ['subject', ''],
      ['dataschema', ''],
      ['datacontenttype', ''],
      ['datacontenttype', 'xyz'],
    ] as const
  ).map(([name, value]): ConformanceCase => {
    const what = value === '' ? 'empty' : 'malformed'
    return {
      id: `N7-${name}-${what}`,
      level: 'MUST',
      source: OPTIONAL,
      title: `A structured event whose ${name} is ${what} is refused`,
      send: [structured({ [name]: value })],
      expect: REFUSED,
      ...(name !== 'datacontenttype' && { differs: 'empty-required' }),
    }
  }),
  {
    id: 'N7-subject-empty-binary',
    level: 'MUST',
    source: OPTIONAL,
    title: 'A binary event whose subject is empty is refused',
    send: [binary({ subject: '' })],
    expect: REFUSED,
    differs: 'empty-required',
  },
  {
    id: 'N6-nothing-invented',
    level: 'MUST',
    source: OPTIONAL,
    title: 'Attributes that an event does not have are not added to it',
    send: [binary()],
    expect: delivered({
      attributes: { time: null, subject: null, dataschema: null, datacontenttype: null },
      data: null,
    }),
  },
  {
    id: 'N8-extensions',
    level: 'SHOULD',
    source: EXTENSIONS,
    title: 'Optional attributes and thirty unknown extensions are forwarded',
    send: [binary({ subject: 's', dataschema: 'http://example.com/s', ...thirty() })],
    expect: delivered({
      attributes: { subject: 's', dataschema: 'http://example.com/s', ...thirty() },
    }),
  },
  {
    id: 'N11-mixed-versions',
    level: 'MUST',
    source: { document: 'CloudEvents JSON', section: '4' },
    title: 'A batch whose events have different versions is refused',
    send: [batch([{}, { specversion: '0.3' }])],
    expect: REFUSED,
  },
]

const TYPE_CASES: readonly ConformanceCase[] = [
  {
    id: 'T1-boolean',
    level: 'MUST',
    source: TYPES,
    title: 'JSON booleans become true and false; the text TRUE stays as it is',
    send: [structured({ yes: true, no: false, text: 'TRUE' })],
    expect: delivered({ attributes: { yes: 'true', no: 'false', text: 'TRUE' } }),
  },
  {
    id: 'T2-integer',
    level: 'MUST',
    source: TYPES,
    title: 'Integers of 32 bits are forwarded in canonical form',
    send: [structured({ low: -2147483648, high: 2147483647, zero: 0 })],
    expect: delivered({ attributes: { low: '-2147483648', high: '2147483647', zero: '0' } }),
  },
  ...(
    [
      ['too-large', '3000000000'],
      ['too-small', '-2147483649'],
      ['fraction', '1.5'],
      ['no-number', '1e400'],
    ] as const
  ).map(
    ([what, number]): ConformanceCase => ({
      id: `T2-${what}`,
      level: 'MUST',
      source: TYPES,
      title: `The number ${number} as an extension is refused`,
      send: [jsonWith(`"ext":${number}`)],
      expect: REFUSED,
    }),
  ),
  ...(
    [
      ['line-feed', '\\n'],
      ['nul', '\\u0000'],
      ['delete', '\\u007f'],
      ['c1', '\\u0085'],
      ['noncharacter', '\\ufffe'],
      ['noncharacter-fdd0', '\\ufdd0'],
      ['lone-high-surrogate', '\\ud800'],
      ['lone-low-surrogate', '\\udc00x'],
    ] as const
  ).map(
    ([what, sequence]): ConformanceCase => ({
      id: `T3-${what}`,
      level: 'MUST',
      source: TYPES,
      title: `A structured event with the character ${sequence} in an attribute is refused`,
      send: [jsonWith(`"ext":"a${sequence}b"`), jsonWith(`"subject":"a${sequence}b"`)],
      expect: REFUSED,
      differs: 'forbidden-characters',
    }),
  ),
  {
    id: 'T3-percent-encoded-control',
    level: 'MUST',
    source: TYPES,
    title: 'A percent-encoded control character in a header is refused',
    send: [binary({ ext: 'a%0Ab' }), binary({ subject: 'a%00b' })],
    expect: REFUSED,
    differs: 'percent-encoding',
  },
  {
    id: 'T3-supplementary',
    level: 'MUST',
    source: TYPES,
    title: 'A pair of surrogates is one character, and is forwarded',
    send: [jsonWith('"ext":"\\ud83d\\ude00"')],
    expect: delivered({ attributes: { ext: '😀' } }),
    differs: 'beyond-latin1',
  },
  ...(
    [
      ['dataschema', 'relative', '/relative'],
      ['source', 'space', 'has space'],
      ['source', 'open-bracket', 'http://[::1'],
      ['source', 'bad-percent', 'a%zzb'],
    ] as const
  ).map(
    ([name, what, value]): ConformanceCase => ({
      id: `T5-${name}-${what}`,
      level: 'MUST',
      source: TYPES,
      title: `The ${name} "${value}" is refused`,
      send: [structured({ [name]: value })],
      expect: REFUSED,
      ...(name === 'dataschema' && { differs: 'relative-dataschema' }),
    }),
  ),
  {
    id: 'T5-sources',
    level: 'MUST',
    source: TYPES,
    title: 'Every URI-reference is a source',
    send: ['#fragment', '1-555-123-4567', '//a/b', 'urn:a:b', 'mailto:a@b'].map((source) =>
      structured({ source }),
    ),
    expect: delivered(
      ...['#fragment', '1-555-123-4567', '//a/b', 'urn:a:b', 'mailto:a@b'].map((source) => ({
        attributes: { source },
      })),
    ),
  },
  ...(
    [
      ['no-zone', '2018-04-05T17:31:00'],
      ['short-zone', '2018-04-05T17:31:00+01'],
      ['zone-out-of-range', '2018-04-05T17:31:00+25:00'],
      ['no-seconds', '2018-04-05T18:31Z'],
      ['hour-24', '2018-04-05T24:00:00Z'],
      ['no-such-day', '2100-02-29T00:00:00Z'],
      ['space', '2018-04-05 17:31:00Z'],
      ['words', 'lunchtime'],
    ] as const
  ).map(
    ([what, time]): ConformanceCase => ({
      id: `T6-${what}`,
      level: 'MUST',
      source: TYPES,
      title: `The time ${time} is refused`,
      send: [structured({ time })],
      expect: REFUSED,
      ...(what === 'no-seconds' && { differs: 'time-syntax' }),
    }),
  ),
  {
    id: 'T6-binary',
    level: 'MUST',
    source: TYPES,
    title: 'In binary mode, too, a time without a zone is refused',
    send: [binary({ time: '2018-04-05T17:31:00' })],
    expect: REFUSED,
  },
  ...(
    [
      ['lower-case', '2018-04-05t17:31:00z'],
      ['leap-second', '2016-12-31T23:59:60Z'],
      ['picoseconds', '2018-04-05T17:31:00.123456789012Z'],
      ['unknown-zone', '2018-04-05T17:31:00-00:00'],
      ['zone', '2018-04-05T17:31:00.120+01:00'],
      ['trailing-zeros', '2018-04-05T17:31:00.000Z'],
    ] as const
  ).map(
    ([what, time]): ConformanceCase => ({
      id: `T9-${what}`,
      level: 'SHOULD',
      source: TYPES,
      title: `The time ${time} is accepted and forwarded as it is`,
      send: [binary({ time }), structured({ time })],
      expect: delivered({ attributes: { time } }, { attributes: { time } }),
      ...(what !== 'zone' && { differs: 'time-syntax' }),
    }),
  ),
  {
    id: 'T7-null',
    level: 'MUST',
    source: { document: 'CloudEvents JSON', section: '2.2' },
    title: 'A JSON null is an attribute that is not set',
    send: [structured({ subject: null, ext: null, partitionkey: null })],
    expect: delivered({ attributes: { subject: null, ext: null, partitionkey: null } }),
    differs: 'null-attribute',
  },
  ...(
    [
      ['object', { a: 1 }],
      ['array', [1]],
    ] as const
  ).map(
    ([what, value]): ConformanceCase => ({
      id: `T8-${what}`,
      level: 'MUST',
      source: TYPES,
      title: `An ${what} as an extension is refused`,
      send: [structured({ ext: value })],
      expect: REFUSED,
      differs: 'null-attribute',
    }),
  ),
  {
    id: 'T8-number-as-id',
    level: 'MUST',
    source: TYPES,
    title: 'A number as the id is refused',
    send: [structured({ id: 5 })],
    expect: REFUSED,
  },
  {
    id: 'T8-number-as-partitionkey',
    level: 'SHOULD',
    source: { document: 'CloudEvents extensions', section: 'Partitioning' },
    title: 'A number as partitionkey is accepted or refused, but not answered with 5xx',
    send: [structured({ partitionkey: 5 })],
    expect: { answer: { status: [200, 202, 400] } },
    differs: 'number-as-partitionkey',
  },
]

function thirty(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`ext${i}`, `value-${i}~`]))
}

/** A valid structured event with one more member, as JSON text. */
function jsonWith(member: string) {
  return structuredText(
    `{"specversion":"1.0","id":"{token}.{n}","source":"/s","type":"conformance",${member}}`,
  )
}

export const ATTRIBUTES: readonly ConformanceCase[] = [
  ...ABSENT_OR_EMPTY,
  ...NAME_CASES,
  ...OPTIONAL_CASES,
  ...TYPE_CASES,
]
