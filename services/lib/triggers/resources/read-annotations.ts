import { parseDuration } from '../parse-duration.ts'
import { parseQuantity } from '../parse-quantity.ts'
import { parseTimestamp } from '../parse-timestamp.ts'
import type { Profile } from '../profile.ts'
import type { SchemaMode, Start, Trigger } from '../trigger.ts'
import { checkTopicName } from './check-topic-name.ts'
import { countAt, fail, oneOf, type Place, parsedAt, quoted, stringAt } from './place.ts'

type Annotations = ReadonlyMap<string, Place>

/** What a Broker's annotations say. */
export interface BrokerAnnotations extends SharedAnnotations {
  readonly schemas: SchemaMode
  readonly unknownTypes: 'accept' | 'reject'
  readonly dedupWindowMs: number
  readonly retention: { readonly ageMs: number; readonly bytes: number | undefined }
  /** Without Kafka it is not looked at. */
  readonly externalTopic: string | undefined
}

/** What a Trigger's annotations say. */
export interface TriggerAnnotations extends SharedAnnotations {
  readonly start: Start
  readonly paused: boolean
  readonly order: Trigger['order']
}

/** A Broker says these for its Triggers, a Trigger for itself. */
export interface SharedAnnotations {
  readonly maxInFlight: number | undefined
  readonly maxHeaderBytes: number | undefined
  readonly attributeEncoding: Trigger['attributeEncoding'] | undefined
  readonly compatibility: Trigger['compatibility'] | undefined
}

const OURS = 'sluice.dev/'
const SHARED = [
  'sluice.dev/max-in-flight',
  'sluice.dev/max-header-bytes',
  'sluice.dev/attribute-encoding',
  'sluice.dev/compatibility',
]
const OF_BROKER = [
  'sluice.dev/schemas',
  'sluice.dev/unknown-types',
  'sluice.dev/dedup-window',
  'sluice.dev/retention',
  'sluice.dev/retention-bytes',
  ...SHARED,
]
const OF_TRIGGER = ['sluice.dev/start', 'sluice.dev/paused', ...SHARED]
const ORDER = 'kafka.eventing.knative.dev/delivery.order'
const EXTERNAL_TOPIC = 'kafka.eventing.knative.dev/external.topic'

const DEDUP_WINDOW_MS = 5 * 60_000
const RETENTION_MS = 7 * 86_400_000
const MAX_IN_FLIGHT = 1000

/**
 * Reads a Broker's annotations. One of `sluice.dev/` that is unknown, or a Trigger's, is a fault;
 * but a kustomization gives its `common` ones to every kind. Others are not ours.
 */
export function readBrokerAnnotations(
  annotations: Annotations,
  common: ReadonlyMap<string, string>,
  profile: Profile,
): BrokerAnnotations {
  const known = [...OF_BROKER, ...OF_TRIGGER.filter((name) => common.has(name))]
  refuseUnknown(annotations, known, 'Broker')
  return {
    ...readShared(annotations),
    schemas: oneOf(annotations.get('sluice.dev/schemas'), ['enforce', 'warn', 'off']) ?? 'enforce',
    unknownTypes:
      oneOf(annotations.get('sluice.dev/unknown-types'), ['accept', 'reject']) ?? 'accept',
    dedupWindowMs:
      parsedAt(annotations.get('sluice.dev/dedup-window'), parseDuration) ?? DEDUP_WINDOW_MS,
    retention: {
      ageMs: positive(annotations.get('sluice.dev/retention'), parseDuration) ?? RETENTION_MS,
      bytes: positive(annotations.get('sluice.dev/retention-bytes'), parseQuantity),
    },
    externalTopic:
      profile === 'kafka' ? parsedAt(annotations.get(EXTERNAL_TOPIC), checkTopicName) : undefined,
  }
}

/** Reads a Trigger's annotations, with the same faults as a Broker's. */
export function readTriggerAnnotations(
  annotations: Annotations,
  common: ReadonlyMap<string, string>,
  profile: Profile,
): TriggerAnnotations {
  const known = [...OF_TRIGGER, ...OF_BROKER.filter((name) => common.has(name))]
  refuseUnknown(annotations, known, 'Trigger')
  return {
    ...readShared(annotations),
    start: readStart(annotations.get('sluice.dev/start'), profile) ?? 'latest',
    paused: oneOf(annotations.get('sluice.dev/paused'), ['true', 'false']) === 'true',
    order: readOrder(annotations.get(ORDER)) ?? 'unordered',
  }
}

function readShared(annotations: Annotations): SharedAnnotations {
  return {
    maxInFlight: countAt(annotations.get('sluice.dev/max-in-flight'), MAX_IN_FLIGHT),
    maxHeaderBytes: positive(annotations.get('sluice.dev/max-header-bytes'), parseQuantity),
    attributeEncoding: oneOf(annotations.get('sluice.dev/attribute-encoding'), ['percent', 'raw']),
    compatibility: oneOf(annotations.get('sluice.dev/compatibility'), ['spec', 'knative-kafka']),
  }
}

function refuseUnknown(annotations: Annotations, known: readonly string[], kind: string): void {
  for (const [name, place] of annotations) {
    if (!name.startsWith(OURS) || known.includes(name)) continue
    fail(place, `is no annotation of a ${kind}; known here: ${known.join(', ')}`)
  }
}

function readStart(place: Place | undefined, profile: Profile): Start | undefined {
  const text = stringAt(place)
  if (place === undefined || text === undefined) return undefined
  if (text === 'latest' || text === 'earliest') return text
  if (text === 'knative-group') {
    if (profile === 'kafka') return text
    return fail(place, 'knative-group is supported only with PROFILE=kafka', 'NotSupported')
  }
  try {
    return parseTimestamp(text)
  } catch {
    const words = profile === 'kafka' ? 'latest, earliest, knative-group' : 'latest, earliest'
    return fail(
      place,
      `must be ${words}, or a time such as 2025-01-31T08:00:00Z, not ${quoted(text)}`,
    )
  }
}

/** Knative compares this one without regard to case. */
function readOrder(place: Place | undefined): Trigger['order'] | undefined {
  if (place === undefined) return undefined
  const value = typeof place.value === 'string' ? place.value.toLowerCase() : place.value
  return oneOf({ ...place, value }, ['ordered', 'unordered'])
}

function positive(place: Place | undefined, parse: (text: string) => number): number | undefined {
  const value = parsedAt(place, parse)
  return place !== undefined && value === 0 ? fail(place, 'must be more than nothing') : value
}
