import type { ConformanceCase, Request, Source } from '../conformance-case.ts'
import { binary, structured } from '../requests.ts'

const DIALECTS: Source = { document: 'CloudEvents Subscriptions', section: '3.2.4.1.1' }
const ATTRIBUTES: Source = { document: 'Knative control plane', section: 'TriggerFilter' }
const TESTS: Source = { document: 'Knative tests', section: 'new_trigger_filters' }

interface Row {
  readonly id: string
  readonly title: string
  /** `filter` or `filters` of the Trigger's spec. */
  readonly spec: Readonly<Record<string, unknown>>
  readonly pass: readonly Request[]
  /** Sent before the others, so that they would arrive first. */
  readonly stop: readonly Request[]
  readonly source?: Source
  readonly differs?: string
}

/** Of the events sent, exactly those of `pass` are delivered. */
function filterCase({
  id,
  title,
  spec,
  pass,
  stop,
  source = DIALECTS,
  differs,
}: Row): ConformanceCase {
  const marked = (request: Request, mark: string): Request => ({
    ...request,
    headers: [...request.headers, ['ce-mark', mark]],
  })
  return {
    id: `F-${id}`,
    level: 'MUST',
    source,
    ...(source === ATTRIBUTES && { covers: ['C20'] }),
    title,
    triggers: { main: { spec } },
    send: [
      ...stop.map((request) => marked(request, 'stop')),
      ...pass.map((request) => marked(request, 'pass')),
    ],
    expect: {
      answer: { status: [200, 202] },
      delivered: { main: pass.map(() => ({ attributes: { mark: 'pass' } })) },
    },
    ...(differs !== undefined && { differs }),
  }
}

const filters = (...all: readonly unknown[]) => ({ filters: all })
const type = (value: string) => binary({ type: value })
const WITHOUT_EXT = binary()
const ext = (value: string) => binary({ ext: value })

const EXACT: readonly ConformanceCase[] = [
  filterCase({
    id: 'none',
    title: 'Without filters every event is delivered',
    spec: {},
    pass: [type('a'), ext('x')],
    stop: [],
    source: ATTRIBUTES,
  }),
  filterCase({
    id: 'empty-filters',
    title: 'An empty list of filters does not override the filter',
    spec: { filters: [], filter: { attributes: { type: 'a' } } },
    pass: [type('a')],
    stop: [type('b')],
    source: TESTS,
  }),
  filterCase({
    id: 'filters-override',
    title: 'filters override filter',
    spec: { ...filters({ exact: { type: 'a' } }), filter: { attributes: { type: 'b' } } },
    pass: [type('a')],
    stop: [type('b')],
    source: TESTS,
  }),
  filterCase({
    id: 'several',
    title: 'Of several filters all must pass',
    spec: filters({ exact: { type: 'a' } }, { prefix: { ext: 'x' } }),
    pass: [binary({ type: 'a', ext: 'xy' })],
    stop: [type('a'), ext('xy'), binary({ type: 'a', ext: 'yx' })],
    source: TESTS,
  }),
  filterCase({
    id: 'attributes-exact',
    title: 'filter.attributes: all attributes must be equal, with regard to case',
    spec: { filter: { attributes: { type: 'a', ext: 'x' } } },
    pass: [binary({ type: 'a', ext: 'x' })],
    stop: [type('a'), ext('x'), binary({ type: 'A', ext: 'x' }), binary({ type: 'a', ext: 'xx' })],
    source: ATTRIBUTES,
  }),
  filterCase({
    id: 'attributes-empty-value',
    title: 'filter.attributes: an empty value passes every event that has the attribute',
    spec: { filter: { attributes: { ext: '' } } },
    pass: [ext('x'), ext('y')],
    stop: [WITHOUT_EXT],
    source: ATTRIBUTES,
    differs: 'attribute-presence',
  }),
  filterCase({
    id: 'attributes-empty-attribute',
    title: 'filter.attributes: an attribute that is empty is there all the same',
    spec: { filter: { attributes: { ext: '' } } },
    pass: [ext('')],
    stop: [WITHOUT_EXT],
    source: ATTRIBUTES,
    differs: 'attribute-presence',
  }),
  filterCase({
    id: 'empty-attribute',
    title:
      'An attribute that is empty is equal to no text, begins and ends with none, and not of that passes',
    spec: filters(
      { not: { exact: { ext: 'x' } } },
      { not: { prefix: { ext: 'x' } } },
      { not: { suffix: { ext: 'x' } } },
    ),
    pass: [ext(''), WITHOUT_EXT],
    stop: [ext('x')],
  }),
  filterCase({
    id: 'attributes-missing',
    title: 'filter.attributes: a missing attribute does not pass',
    spec: { filter: { attributes: { subject: 'x' } } },
    pass: [binary({ subject: 'x' })],
    stop: [WITHOUT_EXT],
    source: ATTRIBUTES,
  }),
  filterCase({
    id: 'exact',
    title: 'exact: all attributes must be equal, with regard to case',
    spec: filters({ exact: { type: 'a', ext: 'x' } }),
    pass: [binary({ type: 'a', ext: 'x' })],
    stop: [type('a'), ext('x'), binary({ type: 'a', ext: 'X' }), binary({ type: 'ab', ext: 'x' })],
  }),
  filterCase({
    id: 'exact-missing',
    title: 'exact: a missing attribute does not pass, be it optional or an extension',
    spec: filters({ exact: { subject: 'x' } }),
    pass: [binary({ subject: 'x' })],
    stop: [WITHOUT_EXT, ext('x')],
  }),
  filterCase({
    id: 'exact-canonical',
    title: 'exact: numbers and booleans are compared in canonical form',
    spec: filters({ exact: { number: '1', flag: 'true' } }),
    pass: [
      structured({ number: 1, flag: true, mark: 'pass' }),
      binary({ number: '1', flag: 'true' }),
    ],
    stop: [structured({ number: 10, flag: true, mark: 'stop' })],
  }),
  filterCase({
    id: 'exact-every-attribute',
    title: 'exact: every attribute can be compared',
    spec: filters({
      exact: {
        specversion: '1.0',
        type: 't',
        source: '/s',
        subject: 'u',
        dataschema: 'http://example.com/s',
        datacontenttype: 'text/plain',
        time: '2018-04-05T17:31:00Z',
      },
    }),
    pass: [
      binary(
        {
          type: 't',
          source: '/s',
          subject: 'u',
          dataschema: 'http://example.com/s',
          time: '2018-04-05T17:31:00Z',
        },
        'x',
        'text/plain',
      ),
    ],
    stop: [binary({ type: 't', source: '/s' })],
  }),
]

const PREFIX_SUFFIX: readonly ConformanceCase[] = [
  filterCase({
    id: 'prefix',
    title: 'prefix: all attributes must begin so, with regard to case',
    spec: filters({ prefix: { type: 'com.example', ext: 'x' } }),
    pass: [binary({ type: 'com.example.a', ext: 'xy' }), binary({ type: 'com.example', ext: 'x' })],
    stop: [
      binary({ type: 'com.example.a' }),
      binary({ type: 'Com.example.a', ext: 'x' }),
      binary({ type: 'com.exampl', ext: 'x' }),
      binary({ type: 'a.com.example', ext: 'x' }),
      binary({ type: 'com.example.a', ext: 'yx' }),
    ],
  }),
  filterCase({
    id: 'suffix',
    title: 'suffix: all attributes must end so, with regard to case',
    spec: filters({ suffix: { type: '.created', ext: 'y' } }),
    pass: [binary({ type: 'a.created', ext: 'xy' }), binary({ type: '.created', ext: 'y' })],
    stop: [
      binary({ type: 'a.created' }),
      binary({ type: 'a.Created', ext: 'y' }),
      binary({ type: 'created', ext: 'y' }),
      binary({ type: 'a.created.b', ext: 'y' }),
      binary({ type: 'a.created', ext: 'yx' }),
    ],
  }),
  ...(['prefix', 'suffix'] as const).flatMap((dialect) => [
    filterCase({
      id: `${dialect}-missing-extension`,
      title: `${dialect}: a missing extension does not pass`,
      spec: filters({ [dialect]: { ext: 'x' } }),
      pass: [ext('x')],
      stop: [WITHOUT_EXT],
    }),
    ...['subject', 'datacontenttype'].map((name) =>
      filterCase({
        id: `${dialect}-missing-${name}`,
        title: `${dialect}: a missing ${name} does not pass, and not of it does`,
        spec: filters({ not: { [dialect]: { [name]: 'text/plain' } } }),
        pass: [WITHOUT_EXT],
        stop: [binary({ subject: 'text/plain' }, 'x', 'text/plain')],
        differs: 'absent-attribute',
      }),
    ),
  ]),
]

const NESTED: readonly ConformanceCase[] = [
  filterCase({
    id: 'all',
    title: 'all: every filter must pass',
    spec: filters({ all: [{ exact: { type: 'a' } }, { suffix: { ext: 'y' } }] }),
    pass: [binary({ type: 'a', ext: 'xy' })],
    stop: [type('a'), ext('xy'), binary({ type: 'b', ext: 'xy' })],
  }),
  filterCase({
    id: 'any',
    title: 'any: one filter is enough',
    spec: filters({
      any: [{ exact: { type: 'a' } }, { prefix: { ext: 'x' } }, { suffix: { ext: 'z' } }],
    }),
    pass: [type('a'), ext('xy'), ext('yz')],
    stop: [type('b'), ext('y')],
    source: TESTS,
  }),
  filterCase({
    id: 'any-missing',
    title: 'any: an attribute that is missing in one filter does not spoil the others',
    spec: filters({ any: [{ prefix: { subject: 's' } }, { exact: { type: 'a' } }] }),
    pass: [type('a')],
    stop: [type('b')],
    differs: 'absent-attribute',
  }),
  filterCase({
    id: 'not',
    title: 'not: passes what its filter does not',
    spec: filters({ not: { exact: { type: 'a' } } }),
    pass: [type('b'), type('A')],
    stop: [type('a')],
  }),
  filterCase({
    id: 'not-missing',
    title: 'not: of a filter on a missing attribute passes',
    spec: filters({ not: { exact: { ext: 'x' } } }),
    pass: [WITHOUT_EXT, ext('y')],
    stop: [ext('x')],
  }),
  filterCase({
    id: 'nested',
    title: 'Filters can be nested',
    spec: filters({
      all: [
        { any: [{ exact: { type: 'a' } }, { exact: { type: 'b' } }] },
        { not: { any: [{ prefix: { ext: 'x' } }, { all: [{ suffix: { ext: 'z' } }] }] } },
      ],
    }),
    pass: [type('a'), binary({ type: 'b', ext: 'y' })],
    stop: [type('c'), binary({ type: 'a', ext: 'xy' }), binary({ type: 'b', ext: 'yz' })],
  }),
  filterCase({
    id: 'one-element',
    title: 'all and any of one filter are that filter',
    spec: filters({ all: [{ exact: { type: 'a' } }] }, { any: [{ exact: { ext: 'x' } }] }),
    pass: [binary({ type: 'a', ext: 'x' })],
    stop: [type('a'), ext('x')],
  }),
]

/** Which events a Trigger gets. */
export const FILTERS: readonly ConformanceCase[] = [...EXACT, ...PREFIX_SUFFIX, ...NESTED]
