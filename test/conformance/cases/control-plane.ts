import type { ConformanceCase, Level, Source, TriggerParts } from '../conformance-case.ts'
import { binary } from '../requests.ts'

const LIFECYCLE: Source = { document: 'Knative control plane', section: 'Trigger Lifecycle' }
const FILTER: Source = {
  document: 'Knative tests',
  section: 'broker/control_plane: invalid filters',
}
const DIALECTS: Source = { document: 'CloudEvents Subscriptions', section: '3.2.4.1.1' }
const SPEC: Source = { document: 'Knative control plane', section: 'DeliverySpec' }
const DESTINATION: Source = { document: 'Knative control plane', section: 'Destination Resolution' }

const spec = (parts: TriggerParts['spec'] & object): TriggerParts => ({ spec: parts })

interface RefusedTrigger {
  readonly id: string
  readonly level?: Level
  readonly source: Source
  readonly trigger: string
  readonly spec: TriggerParts['spec'] & object
  readonly differs?: string
}

/** A Trigger that is refused when it is applied, or does not become Ready; `control` shows that the rest works. */
function refused({
  id,
  level = 'MUST',
  source,
  trigger,
  spec,
  differs,
}: RefusedTrigger): ConformanceCase {
  return {
    id,
    level,
    source,
    title: `A Trigger ${trigger} is refused or not Ready, and gets nothing`,
    triggers: { main: { spec, refused: true }, control: {} },
    send: [binary()],
    expect: { delivered: { main: [], control: [{}] } },
    ...(differs !== undefined && { differs }),
  }
}

const BAD_NAMES = ['', 'A', 'aB', 'a-b', 'a_b', 'a.b', '1a', 'a b', 'ä', 'a,b']
const NO_SERVICE = { ref: { apiVersion: 'v1', kind: 'Service', name: 'no-such-service' } }

const REFUSED: readonly RefusedTrigger[] = [
  ...BAD_NAMES.map((name, index) => ({
    id: `C21-name-${index}`,
    source: FILTER,
    trigger: `that filters by an attribute "${name}"`,
    spec: { filter: { attributes: { [name]: 'x' } } },
  })),
  ...['exact', 'prefix', 'suffix'].flatMap((dialect): RefusedTrigger[] => [
    {
      id: `C21-${dialect}-name`,
      source: FILTER,
      trigger: `whose ${dialect} names an attribute a-b`,
      spec: { filters: [{ not: { [dialect]: { 'a-b': 'x' } } }] },
    },
    {
      id: `C21-${dialect}-empty-value`,
      source: DIALECTS,
      trigger: `whose ${dialect} has an empty value`,
      spec: { filters: [{ [dialect]: { subject: '' } }] },
      differs: 'empty-filter',
    },
    {
      id: `C21-${dialect}-nothing`,
      level: 'SHOULD',
      source: DIALECTS,
      trigger: `whose ${dialect} is empty`,
      spec: { filters: [{ [dialect]: {} }] },
      differs: 'empty-filter',
    },
  ]),
  ...['all', 'any'].map((dialect) => ({
    id: `C21-${dialect}-nothing`,
    source: DIALECTS,
    trigger: `whose ${dialect} is empty`,
    spec: { filters: [{ [dialect]: [] }] },
    differs: 'empty-filter',
  })),
  {
    id: 'C21-two-dialects',
    source: FILTER,
    trigger: 'with two dialects in one filter',
    spec: { filters: [{ exact: { type: 'a' }, prefix: { type: 'a' } }] },
  },
  {
    id: 'C6-no-broker',
    source: LIFECYCLE,
    trigger: 'of a Broker that does not exist',
    spec: { broker: 'no-such-broker' },
  },
  {
    id: 'C7-unresolved-service',
    source: LIFECYCLE,
    trigger: 'with a subscriber that does not exist',
    spec: { subscriber: NO_SERVICE },
  },
  {
    id: 'C7-no-subscriber',
    source: LIFECYCLE,
    trigger: 'without a subscriber',
    spec: { subscriber: {} },
  },
  {
    id: 'C8-unresolved-sink',
    source: LIFECYCLE,
    trigger: 'with a dead letter sink that does not exist',
    spec: { delivery: { deadLetterSink: NO_SERVICE } },
  },
  {
    id: 'C11-relative-uri',
    source: DESTINATION,
    trigger: 'with a relative subscriber.uri and no ref',
    spec: { subscriber: { uri: '/path' } },
  },
  ...(
    [
      ['retry', 'a negative retry', { retry: -1 }],
      ['backoff-policy', 'an unknown backoffPolicy', { retry: 1, backoffPolicy: 'sometimes' }],
      [
        'backoff-delay',
        'a backoffDelay that is no duration',
        { retry: 1, backoffDelay: '1 second' },
      ],
    ] as const
  ).map(
    ([what, trigger, delivery]): RefusedTrigger => ({
      id: `C22-${what}`,
      level: 'MAY',
      source: SPEC,
      trigger: `with ${trigger}`,
      spec: { delivery },
    }),
  ),
]

/** What of the control plane can be seen without a cluster. */
export const CONTROL_PLANE: readonly ConformanceCase[] = [
  ...REFUSED.map(refused),
  {
    id: 'C6-broker-comes-later',
    level: 'MUST',
    source: LIFECYCLE,
    title: 'A Trigger may be there before its Broker, and becomes Ready with it',
    triggers: { main: { ...spec({ broker: 'late-broker' }), refused: true } },
    send: [
      { apply: { main: spec({ broker: 'late-broker' }) }, brokers: { 'late-broker': {} } },
      { ...binary(), path: '{namespace}/late-broker' },
    ],
    expect: { delivered: { main: [{}] } },
  },
  {
    id: 'C10-ready',
    level: 'MUST',
    source: LIFECYCLE,
    title: 'A Trigger that has become Ready gets every event from then on',
    send: [
      binary({ mark: 'before' }),
      { until: { main: 1 } },
      { apply: { late: {} } },
      binary({ mark: 'after' }),
    ],
    expect: {
      delivered: {
        main: [{ attributes: { mark: 'before' } }, { attributes: { mark: 'after' } }],
        late: [{ attributes: { mark: 'after' } }],
      },
    },
  },
  {
    id: 'D25-earliest',
    level: 'MAY',
    source: { document: 'Sluice', section: 'Annotations' },
    title: 'A Trigger with sluice.dev/start: earliest gets events from before it was created',
    alone: true,
    send: [
      binary(),
      { until: { main: 1 } },
      { apply: { late: { annotations: { 'sluice.dev/start': 'earliest' } } } },
    ],
    expect: { delivered: { main: [{}], late: [{}] } },
    differs: 'start',
  },
  {
    id: 'C9-filter-changes',
    level: 'SHOULD',
    source: LIFECYCLE,
    title: 'The filter of a Trigger can be changed',
    triggers: { main: spec({ filters: [{ exact: { type: 'a' } }] }) },
    send: [
      binary({ type: 'a' }),
      binary({ type: 'b' }),
      { until: { main: 1 } },
      { apply: { main: spec({ filters: [{ exact: { type: 'b' } }] }) } },
      binary({ type: 'a' }),
      binary({ type: 'b' }),
    ],
    expect: {
      delivered: {
        main: [
          { attributes: { id: '{token}.0', type: 'a' } },
          { attributes: { id: '{token}.3', type: 'b' } },
        ],
      },
    },
  },
  {
    id: 'C9-subscriber-changes',
    level: 'SHOULD',
    source: LIFECYCLE,
    title: 'The subscriber of a Trigger can be changed',
    send: [
      binary(),
      { until: { main: 1 } },
      { apply: { main: spec({ subscriber: { uri: '{url:other}' } }) } },
      binary(),
    ],
    expect: {
      delivered: {
        main: [{ attributes: { id: '{token}.0' } }],
        other: [{ attributes: { id: '{token}.1' } }],
      },
    },
  },
  {
    id: 'X2-change-after-absent-attribute',
    level: 'MUST',
    source: LIFECYCLE,
    title: 'A Trigger whose filter met an event without its attribute can still be changed',
    triggers: { main: spec({ filters: [{ prefix: { subject: 's' } }] }) },
    send: [
      binary(),
      binary({ subject: 'so' }),
      { until: { main: 1 } },
      { apply: { main: spec({ subscriber: { uri: '{url:other}' } }) } },
      binary(),
    ],
    expect: {
      delivered: {
        main: [{ attributes: { subject: 'so' } }],
        other: [{ attributes: { id: '{token}.2' } }],
      },
    },
    differs: 'absent-attribute',
  },
]
