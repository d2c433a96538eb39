import type { ConformanceCase, Source } from '../conformance-case.ts'
import { delivered } from '../expectations.ts'
import { binary } from '../requests.ts'

const CODES: Source = {
  document: 'Knative data plane',
  section: 'Event Acknowledgement and Delivery Retry',
}
const DELIVERY: Source = { document: 'Knative control plane', section: 'Event Delivery' }
const SPEC: Source = { document: 'Knative control plane', section: 'DeliverySpec' }
const ANNOTATIONS: Source = { document: 'Sluice', section: 'Annotations' }

const SINK = { uri: '{url:sink}' }
const KNATIVE_KAFKA = { 'sluice.dev/compatibility': 'knative-kafka' }
const QUICK = { backoffPolicy: 'linear', backoffDelay: 'PT0.05S', deadLetterSink: SINK }

const REPEATED = [404, 409, 429, 500, 501, 502, 503, 504, 507, 599]
const FINAL = [300, 304, 400, 401, 402, 403, 405, 406, 410, 411, 412, 413, 414, 415, 418, 422, 451]

/** A tolerance for machines that have other things to do; too small to take one delay for another. */
const LATE_MS = 450

const gaps = (...delays: readonly number[]) => ({
  main: delays.map((ms) => ({ atLeastMs: ms - 10, atMostMs: ms + LATE_MS })),
})

function failing(times: number, status = 503) {
  return { main: [...Array.from({ length: times }, () => ({ status })), { status: 202 }] }
}

function requests(count: number) {
  return delivered(...Array.from({ length: count }, () => ({})))
}

/** Which answers are repeated, how often, and when. */
export const RETRY: readonly ConformanceCase[] = [
  ...REPEATED.map(
    (status): ConformanceCase => ({
      id: `D12-${status}`,
      level: 'MUST',
      source: CODES,
      title: `A ${status} is repeated`,
      triggers: { main: { spec: { delivery: { ...QUICK, retry: 3 } } } },
      subscribers: failing(1, status),
      send: [binary()],
      expect: { ...requests(2), deadLetter: [] },
    }),
  ),
  {
    id: 'D12-408',
    level: 'MAY',
    source: { document: 'Knative tests', section: 'kncloudevents: retries' },
    title: 'A 408 is repeated, as by the Brokers of Knative',
    triggers: { main: { spec: { delivery: { ...QUICK, retry: 3 } } } },
    subscribers: failing(1, 408),
    send: [binary()],
    expect: { ...requests(2), deadLetter: [] },
  },
  ...FINAL.map(
    (status): ConformanceCase => ({
      id: `D12-${status}`,
      level: 'MUST',
      source: CODES,
      title: `A ${status} is not repeated`,
      triggers: { main: { spec: { delivery: { ...QUICK, retry: 3 } } } },
      subscribers: failing(1, status),
      send: [binary()],
      expect: {
        ...requests(1),
        deadLetter: [{ attributes: { knativeerrorcode: `${status}` } }],
      },
    }),
  ),
  {
    id: 'D12-connection-closed',
    level: 'SHOULD',
    source: CODES,
    title: 'A connection that is closed instead of an answer is repeated',
    triggers: { main: { spec: { delivery: { ...QUICK, retry: 2 } } } },
    subscribers: { main: [{ instead: 'close' }, { status: 202 }] },
    send: [binary()],
    expect: { ...requests(2), deadLetter: [] },
  },
  {
    id: 'C15-retries',
    level: 'MUST',
    source: DELIVERY,
    title: 'retry: 3 is four attempts, and then the dead letter sink',
    triggers: { main: { spec: { delivery: { ...QUICK, retry: 3 } } } },
    subscribers: { main: [{ status: 500 }] },
    send: [binary()],
    expect: { ...requests(4), deadLetter: [{ attributes: { knativeerrorcode: '500' } }] },
  },
  {
    id: 'C15-no-retry',
    level: 'MUST',
    source: DELIVERY,
    title: 'A delivery without retry is one attempt',
    triggers: { main: { spec: { delivery: { deadLetterSink: SINK } } } },
    subscribers: { main: [{ status: 500 }] },
    send: [binary()],
    expect: { ...requests(1), deadLetter: [{}] },
  },
  {
    id: 'C19-linear',
    level: 'MUST',
    source: SPEC,
    title: 'linear: the same delay before every retry',
    triggers: {
      main: { spec: { delivery: { retry: 3, backoffPolicy: 'linear', backoffDelay: 'PT0.5S' } } },
    },
    subscribers: failing(3),
    send: [binary()],
    expect: { ...requests(4), gaps: gaps(500, 500, 500) },
    differs: 'linear',
  },
  {
    id: 'C19-exponential',
    level: 'SHOULD',
    source: SPEC,
    title: 'exponential: delay · 2^k before the k-th retry',
    triggers: {
      main: {
        spec: { delivery: { retry: 3, backoffPolicy: 'exponential', backoffDelay: 'PT0.25S' } },
      },
    },
    subscribers: failing(3),
    send: [binary()],
    expect: { ...requests(4), gaps: gaps(500, 1000, 2000) },
  },
  {
    id: 'S-linear-knative',
    level: 'MAY',
    source: ANNOTATIONS,
    title: 'With knative-kafka, linear is delay · k before the k-th retry',
    triggers: {
      main: {
        annotations: KNATIVE_KAFKA,
        spec: { delivery: { retry: 3, backoffPolicy: 'linear', backoffDelay: 'PT0.5S' } },
      },
    },
    subscribers: failing(3),
    send: [binary()],
    expect: { ...requests(4), gaps: gaps(500, 1000, 1500) },
    restores: 'linear',
  },
  {
    id: 'C19-no-delay',
    level: 'SHOULD',
    source: SPEC,
    title: 'A backoffDelay of PT0S repeats at once',
    triggers: { main: { spec: { delivery: { ...QUICK, retry: 2, backoffDelay: 'PT0S' } } } },
    subscribers: failing(2),
    send: [binary()],
    expect: { ...requests(3), deadLetter: [], gaps: gaps(10, 10) },
    differs: 'no-delay',
  },
  {
    id: 'C23-default',
    level: 'SHOULD',
    source: { document: 'Knative tests', section: 'broker/control_plane: default delivery' },
    title: 'A Broker without delivery repeats, first after 0.4 s',
    subscribers: failing(2),
    send: [binary()],
    expect: { ...requests(3), gaps: gaps(400, 800) },
  },
  {
    id: 'W4-retry-after',
    level: 'SHOULD',
    source: { document: 'CloudEvents webhook', section: '2.2' },
    title: 'Retry-After of a 429 and of a 503 is waited for',
    triggers: {
      main: { spec: { delivery: { ...QUICK, retry: 3, retryAfterMax: 'PT3S' } } },
    },
    subscribers: {
      main: [
        { status: 429, headers: { 'retry-after': '1' } },
        { status: 503, headers: { 'retry-after': '1' } },
        { status: 202 },
      ],
    },
    send: [binary()],
    expect: { ...requests(3), gaps: gaps(1000, 1000) },
    differs: 'retry-after',
  },
  {
    id: 'W4-retry-after-max',
    level: 'SHOULD',
    source: { document: 'Knative delivery', section: 'retryAfterMax' },
    title: 'Retry-After is waited for up to retryAfterMax',
    triggers: {
      main: { spec: { delivery: { ...QUICK, retry: 3, retryAfterMax: 'PT0.6S' } } },
    },
    subscribers: { main: [{ status: 503, headers: { 'retry-after': '3600' } }, { status: 202 }] },
    send: [binary()],
    expect: { ...requests(2), gaps: gaps(600) },
    differs: 'retry-after',
  },
  {
    id: 'W4-retry-after-elsewhere',
    level: 'SHOULD',
    source: { document: 'Knative delivery', section: 'retryAfterMax' },
    title: 'Retry-After of any other status is not looked at',
    triggers: { main: { spec: { delivery: { ...QUICK, retry: 3, retryAfterMax: 'PT3S' } } } },
    subscribers: { main: [{ status: 500, headers: { 'retry-after': '2' } }, { status: 202 }] },
    send: [binary()],
    expect: { ...requests(2), gaps: gaps(50) },
  },
  {
    id: 'S-retry-after-knative',
    level: 'MAY',
    source: ANNOTATIONS,
    title: 'With knative-kafka, Retry-After is not looked at',
    triggers: {
      main: {
        annotations: KNATIVE_KAFKA,
        spec: { delivery: { ...QUICK, retry: 3, retryAfterMax: 'PT3S' } },
      },
    },
    subscribers: { main: [{ status: 429, headers: { 'retry-after': '2' } }, { status: 202 }] },
    send: [binary()],
    expect: { ...requests(2), gaps: gaps(50) },
    restores: 'retry-after',
  },
  {
    id: 'C18-trigger-overrides-broker',
    level: 'MUST',
    source: { document: 'Knative control plane', section: 'Broker' },
    title: "A Trigger's delivery replaces its Broker's as a whole",
    alone: true,
    broker: { delivery: { ...QUICK, retry: 5 } },
    triggers: { main: { spec: { delivery: { retry: 1, backoffDelay: 'PT0.05S' } } } },
    subscribers: { main: [{ status: 500 }] },
    send: [binary()],
    expect: { ...requests(2), deadLetter: [] },
  },
  {
    id: 'C18-broker-delivery',
    level: 'MUST',
    source: { document: 'Knative control plane', section: 'Broker' },
    title: "A Trigger without delivery has its Broker's",
    alone: true,
    broker: { delivery: { ...QUICK, retry: 1 } },
    subscribers: { main: [{ status: 500 }] },
    send: [binary()],
    expect: { ...requests(2), deadLetter: [{}] },
  },
]
