import type { ConformanceCase, Source, TriggerParts } from '../conformance-case.ts'
import { binary } from '../requests.ts'

const LIFECYCLE: Source = { document: 'Knative control plane', section: 'Trigger Lifecycle' }
const FILTER: Source = {
  document: 'Knative tests',
  section: 'broker/control_plane: invalid filters',
}
const DIALECTS: Source = { document: 'CloudEvents Subscriptions', section: '3.2.4' }
const DESTINATION: Source = { document: 'Knative control plane', section: 'Destination Resolution' }

const spec = (parts: TriggerParts['spec'] & object): TriggerParts => ({ spec: parts })

/** What is refused when it is applied, or does not become Ready; `control` shows that the rest works. */
function refusedTrigger(
  id: string,
  source: Source,
  title: string,
  parts: TriggerParts['spec'] & object,
): ConformanceCase {
  return {
    id,
    level: 'MUST',
    source,
    title: `${title} is refused or not Ready, and gets nothing`,
    triggers: { main: { spec: parts, refused: true }, control: {} },
    send: [binary()],
    expect: { delivered: { main: [], control: [{}] } },
  }
}

const BAD_NAMES = ['', 'A', 'aB', 'a-b', 'a_b', 'a.b', '1a', 'a b', 'ä', 'a,b']

/** What of the control plane can be seen without a cluster. */
export const CONTROL_PLANE: readonly ConformanceCase[] = [
  ...BAD_NAMES.map((name, index) =>
    refusedTrigger(
      `C21-name-${index}`,
      FILTER,
      `A Trigger that filters by an attribute "${name}"`,
      { filter: { attributes: { [name]: 'x' } } },
    ),
  ),
  ...(['exact', 'prefix', 'suffix'] as const).flatMap((dialect) => [
    refusedTrigger(
      `C21-${dialect}-name`,
      FILTER,
      `A Trigger whose ${dialect} names an attribute a-b`,
      { filters: [{ [dialect]: { 'a-b': 'x' } }] },
    ),
    {
      ...refusedTrigger(
        `C21-${dialect}-empty-value`,
        DIALECTS,
        `A Trigger whose ${dialect} has an empty value`,
        { filters: [{ [dialect]: { subject: '' } }] },
      ),
      differs: 'empty-filter',
    },
    {
      ...refusedTrigger(`C21-${dialect}-nothing`, DIALECTS, `A Trigger whose ${dialect} is empty`, {
        filters: [{ [dialect]: {} }],
      }),
      differs: 'empty-filter',
    },
  ]),
  ...(['all', 'any'] as const).map(
    (dialect): ConformanceCase => ({
      ...refusedTrigger(`C21-${dialect}-nothing`, DIALECTS, `A Trigger whose ${dialect} is empty`, {
        filters: [{ [dialect]: [] }],
      }),
      differs: 'empty-filter',
    }),
  ),
  refusedTrigger('C21-two-dialects', FILTER, 'A Trigger with two dialects in one filter', {
    filters: [{ exact: { type: 'a' }, prefix: { type: 'a' } }],
  }),
  refusedTrigger('C6-no-broker', LIFECYCLE, 'A Trigger of a Broker that does not exist', {
    broker: 'no-such-broker',
  }),
  refusedTrigger(
    'C7-unresolved-service',
    LIFECYCLE,
    'A Trigger with a subscriber that does not exist',
    {
      subscriber: { ref: { apiVersion: 'v1', kind: 'Service', name: 'no-such-service' } },
    },
  ),
  refusedTrigger('C7-no-subscriber', LIFECYCLE, 'A Trigger without a subscriber', {
    subscriber: {},
  }),
  refusedTrigger(
    'C11-relative-uri',
    DESTINATION,
    'A Trigger with a relative subscriber.uri and no ref',
    {
      subscriber: { uri: '/path' },
    },
  ),
  refusedTrigger(
    'C8-unresolved-sink',
    LIFECYCLE,
    'A Trigger with a dead letter sink that does not exist',
    {
      delivery: {
        deadLetterSink: { ref: { apiVersion: 'v1', kind: 'Service', name: 'no-such-service' } },
      },
    },
  ),
  refusedTrigger('C22-retry', LIFECYCLE, 'A Trigger with a negative retry', {
    delivery: { retry: -1 },
  }),
  refusedTrigger('C22-backoff-policy', LIFECYCLE, 'A Trigger with an unknown backoffPolicy', {
    delivery: { retry: 1, backoffPolicy: 'sometimes' },
  }),
  refusedTrigger(
    'C22-backoff-delay',
    LIFECYCLE,
    'A Trigger with a backoffDelay that is no duration',
    {
      delivery: { retry: 1, backoffDelay: '1 second' },
    },
  ),
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
