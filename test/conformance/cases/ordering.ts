import type { ConformanceCase, Source } from '../conformance-case.ts'
import { binary } from '../requests.ts'

const ORDER: Source = {
  document: 'Knative tests',
  section: 'eventing-kafka-broker: ordered delivery',
}

const ORDERED = { 'kafka.eventing.knative.dev/delivery.order': 'ordered' }
const UNORDERED = { 'kafka.eventing.knative.dev/delivery.order': 'unordered' }

const keyed = (id: string) => binary({ id: `{token}.${id}`, partitionkey: `{token}.${id[0]}` })
const ids = (...names: readonly string[]) => names.map((name) => `{token}.${name}`)
const times = (count: number) => Array.from({ length: count }, () => ({}))

/** In which order events arrive. */
export const ORDERING: readonly ConformanceCase[] = [
  {
    id: 'D38-ordered',
    level: 'MAY',
    source: ORDER,
    title: 'ordered: events of one key are delivered in order, the next when the last is answered',
    alone: true,
    triggers: { main: { annotations: ORDERED } },
    subscribers: { main: [{ afterMs: 150 }] },
    send: ['a1', 'a2', 'a3', 'a4'].map(keyed),
    expect: {
      delivered: { main: times(4) },
      order: [{ at: 'main', ids: ids('a1', 'a2', 'a3', 'a4') }],
      gaps: { main: times(3).map(() => ({ atLeastMs: 140, atMostMs: 5000 })) },
    },
  },
  {
    id: 'D38-case-of-value',
    level: 'MAY',
    source: ORDER,
    title: 'The case of the value ordered does not matter',
    alone: true,
    triggers: {
      main: { annotations: { 'kafka.eventing.knative.dev/delivery.order': 'Ordered' } },
    },
    subscribers: { main: [{ afterMs: 150 }] },
    send: ['a1', 'a2'].map(keyed),
    expect: {
      delivered: { main: times(2) },
      gaps: { main: [{ atLeastMs: 140, atMostMs: 5000 }] },
    },
  },
  {
    id: 'D38-retry-keeps-order',
    level: 'MAY',
    source: ORDER,
    title: 'ordered: an event waits while an earlier one of its key is repeated',
    alone: true,
    triggers: {
      main: {
        annotations: ORDERED,
        spec: { delivery: { retry: 3, backoffPolicy: 'linear', backoffDelay: 'PT0.3S' } },
      },
    },
    subscribers: { main: [{ status: 503 }, { status: 503 }, { status: 202 }] },
    send: ['a1', 'a2', 'a3'].map(keyed),
    expect: {
      delivered: { main: times(5) },
      order: [{ at: 'main', ids: ids('a1', 'a1', 'a1', 'a2', 'a3') }],
    },
  },
  {
    id: 'S-poison-key',
    level: 'MAY',
    source: { document: 'Sluice', section: 'Annotations' },
    title: 'ordered: an event that fails again and again holds up its own key only',
    alone: true,
    triggers: {
      main: {
        annotations: ORDERED,
        spec: { delivery: { retry: 2, backoffPolicy: 'linear', backoffDelay: 'PT1S' } },
      },
    },
    subscribers: { main: [{ status: 503 }, { status: 202 }] },
    send: [
      keyed('a1'),
      { until: { main: 1 } },
      ...['a2', 'b1', 'c1', 'd1', 'e1', 'f1', 'g1', 'h1'].map(keyed),
    ],
    expect: {
      delivered: { main: times(10) },
      order: [
        ...['b1', 'c1', 'd1', 'e1', 'f1', 'g1', 'h1'].map((id) => ({
          at: 'main',
          ids: ids(id, 'a2'),
        })),
        { at: 'main', ids: ids('a1', 'a1', 'a2') },
      ],
    },
    differs: 'poison-key',
  },
  ...[undefined, UNORDERED].map(
    (annotations): ConformanceCase => ({
      id: annotations === undefined ? 'D38-default' : 'D38-unordered',
      level: 'MAY',
      source: ORDER,
      title: `${annotations === undefined ? 'Without the annotation' : 'unordered'}: an event does not wait for an earlier one of its key`,
      alone: true,
      triggers: { main: { ...(annotations && { annotations }) } },
      subscribers: { main: [{ afterMs: 1500 }, {}] },
      send: [keyed('a1'), { until: { main: 1 } }, keyed('a2')],
      expect: {
        delivered: { main: times(2) },
        gaps: { main: [{ atLeastMs: 0, atMostMs: 1200 }] },
      },
    }),
  ),
]
