import t from 'tap'
import { parseResources } from '#triggers/files/parse-resources.ts'
import type { Broker, Trigger } from '#triggers/trigger.ts'
import { brokerYaml, triggerYaml } from '../../../support/trigger-yaml.ts'

const services = new Map([
  ['billing', 'http://127.0.0.1:9001'],
  ['shop/billing', 'http://127.0.0.1:9002/shop/'],
  ['dead', 'http://127.0.0.1:9003'],
])

function parse(...documents: readonly string[]): { brokers: Broker[]; triggers: Trigger[] } {
  const { snapshot, faults } = parseResources('a.yaml', documents.join('---\n'), services)
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return { brokers: [...snapshot.brokers], triggers: [...snapshot.triggers] }
}

function trigger(parts: Parameters<typeof triggerYaml>[0], broker = brokerYaml()): Trigger {
  const [only] = parse(triggerYaml(parts), broker).triggers
  if (only === undefined) throw new Error('no Trigger')
  return only
}

function broker(parts: Parameters<typeof brokerYaml>[0]): Broker {
  const [only] = parse(brokerYaml(parts)).brokers
  if (only === undefined) throw new Error('no Broker')
  return only
}

/** `reason: message`, or `Ready`. */
function readiness(resource: Trigger | Broker): string {
  return resource.readiness.ready
    ? 'Ready'
    : `${resource.readiness.reason}: ${resource.readiness.message}`
}

t.test('a Trigger and its Broker are read with their defaults', async (t) => {
  const { brokers, triggers } = parse(brokerYaml(), triggerYaml())

  t.strictSame(brokers, [
    {
      key: 'default/default',
      namespace: 'default',
      name: 'default',
      origin: { file: 'a.yaml', line: 1 },
      readiness: { ready: true },
      schemas: 'enforce',
      unknownTypes: 'accept',
      dedupWindowMs: 300_000,
      retention: { ageMs: 604_800_000, bytes: undefined },
      kafka: {
        bootstrapServers: undefined,
        partitions: 10,
        replicationFactor: undefined,
        topicConfig: {},
        externalTopic: undefined,
        security: undefined,
      },
    },
  ])
  t.strictSame(triggers, [
    {
      key: 'default/orders',
      namespace: 'default',
      name: 'orders',
      broker: 'default/default',
      origin: { file: 'a.yaml', line: 6 },
      readiness: { ready: true },
      filters: [],
      subscriber: 'http://127.0.0.1:1/',
      subscriberCaCerts: undefined,
      delivery: {
        retry: 10,
        backoffPolicy: 'exponential',
        backoffDelayMs: 200,
        timeoutMs: 600_000,
        retryAfterMaxMs: 60_000,
        deadLetterSink: undefined,
        deadLetterSinkCaCerts: undefined,
        format: 'binary',
      },
      order: 'unordered',
      maxInFlight: 64,
      maxHeaderBytes: 8192,
      attributeEncoding: 'percent',
      compatibility: 'spec',
      start: 'latest',
      paused: false,
      spec: { broker: 'default', subscriber: { uri: 'http://127.0.0.1:1/' } },
    },
  ])
})

t.test('filters: what is written is what is judged by', async (t) => {
  const table: Record<string, unknown> = {
    '  filter: {}': [],
    '  filter: {attributes: {}}': [],
    '  filter: {attributes: {type: a, subject: ""}}': [{ attributes: { type: 'a', subject: '' } }],
    '  filters: []': [],
    '  filters:': [],
    '  filters: []\n  filter: {attributes: {type: a}}': [{ attributes: { type: 'a' } }],
    '  filters: [{exact: {type: b}}]\n  filter: {attributes: {type: a}}': [
      { exact: { type: 'b' } },
    ],
    '  filters: [{prefix: {type: a}}, {suffix: {type: b}}]': [
      { prefix: { type: 'a' } },
      { suffix: { type: 'b' } },
    ],
    '  filters: [{all: [{any: [{exact: {constructor: a}}]}, {not: {suffix: {x1: "1"}}}]}]': [
      { all: [{ any: [{ exact: { constructor: 'a' } }] }, { not: { suffix: { x1: '1' } } }] },
    ],
    '  filters: [{}]': [{ attributes: {} }],
  }
  for (const [spec, filters] of Object.entries(table)) {
    const found = trigger({ spec })
    t.equal(readiness(found), 'Ready', spec)
    t.strictSame(found.filters, filters, spec)
  }
})

/** Each makes the Trigger of lines 1 to 8 (and on) not Ready, and says why and where. */
const FAULTS: readonly (readonly [spec: string, message: RegExp])[] = [
  ['  filtres: []', /^Invalid: a\.yaml:8: spec\.filtres unknown field; known here: broker,/],
  [
    '  filter: {type: a}',
    /^Invalid: a\.yaml:8: spec\.filter\.type unknown field; known here: attributes/,
  ],
  ['  filter: {attributes: {Type: a}}', /8: spec\.filter\.attributes\.Type is no attribute name/],
  ['  filter: {attributes: {1a: a}}', /8: spec\.filter\.attributes\["1a"\] is no attribute name/],
  ['  filter: {attributes: {my-type: a}}', /attributes\["my-type"\] is no attribute name/],
  ['  filter: {attributes: {__proto__: a}}', /__proto__ is no attribute name/],
  [
    '  filter: {attributes: {n: 1}}',
    /attributes\.n must be a string, not a number: put it in quotes, "1"/,
  ],
  ['  filter: {attributes: {n: null}}', /attributes\.n must be a string, not empty/],
  ['  filter: []', /spec\.filter must be an object, not a list/],
  ['  filters: {}', /spec\.filters must be a list, not an object/],
  ['  filters: [a]', /spec\.filters\[0\] must be an object, not a string/],
  ['  filters: [null]', /spec\.filters\[0\] must be an object, not empty/],
  [
    '  filters:\n  - exact: {type: a}\n    prefix: {type: b}',
    /9: spec\.filters\[0\] must have one dialect, not 2/,
  ],
  [
    '  filters:\n  - exact: {type: a}\n  - regex: {type: b}',
    /10: spec\.filters\[1\]\.regex unknown field; known here: exact/,
  ],
  ['  filters: [{exact: {}}]', /filters\[0\]\.exact must name at least one attribute/],
  ['  filters: [{exact: {type: ""}}]', /filters\[0\]\.exact\.type must not be empty/],
  ['  filters: [{prefix: {type: ""}}]', /filters\[0\]\.prefix\.type must not be empty/],
  ['  filters: [{suffix: {type: ""}}]', /filters\[0\]\.suffix\.type must not be empty/],
  [
    '  filters: [{exact: {type: true}}]',
    /exact\.type must be a string, not a boolean: put it in quotes, "true"/,
  ],
  ['  filters: [{all: []}]', /filters\[0\]\.all must have at least one filter/],
  ['  filters: [{any: []}]', /filters\[0\]\.any must have at least one filter/],
  ['  filters: [{any: {type: a}}]', /filters\[0\]\.any must be a list, not an object/],
  ['  filters: [{not: {}}]', /filters\[0\]\.not must have a filter to negate/],
  ['  filters: [{not: [{exact: {type: a}}]}]', /filters\[0\]\.not must be an object, not a list/],
  [
    '  filters: [{all: [{any: [{not: {exact: {Type: a}}}]}]}]',
    /all\[0\]\.any\[0\]\.not\.exact\.Type is no/,
  ],
  [
    '  filters: [{exact: {type: a}}]\n  filter: {attributes: {Type: a}}',
    /filter\.attributes\.Type is no/,
  ],
  [
    '  filters: [{cesql: "type = "}]',
    /^Invalid: .*:8: spec\.filters\[0\]\.cesql is no CESQL expression: line 1, column 8: found the end, expected a value/,
  ],
  [
    '  filters: [{not: {cesql: "type LIKE subject"}}]',
    /not\.cesql is no .*column 11: found "subject"/,
  ],
  [
    "  filters:\n  - cesql: |\n      type = 'a'\n      OR OR",
    /9: spec\.filters\[0\]\.cesql .*line 2, column 4: found "OR", expected a value/,
  ],
  [
    '  filters: [{cesql: "LENGHT(type) > 1 OR LEFT(type) = 1"}]',
    /cesql calls a function that does not exist: LENGHT of 1 arguments; .*: LEFT of 1 arguments/,
  ],
  ['  filters: [{cesql: ""}]', /cesql must not be empty/],
  ['  filters: [{cesql: 5}]', /^Invalid: .*cesql must be a string/],
  ['  filters: [{cesql: "TRUE"}, {exact: {Type: a}}]', /^Invalid: /],
  [
    '  brokerRef: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: x}',
    /^NotSupported: a\.yaml:8: spec\.brokerRef is not supported: name a Broker/,
  ],
  ['  delivery: {retries: 1}', /spec\.delivery\.retries unknown field/],
  [
    '  delivery: {retry: -1}',
    /delivery\.retry must be a whole number from 0 to 2147483647, not -1/,
  ],
  ['  delivery: {retry: 1.5}', /delivery\.retry must be a whole number .* not 1\.5/],
  ['  delivery: {retry: "3"}', /delivery\.retry must be a whole number .* not a string/],
  ['  delivery: {retry: .nan}', /delivery\.retry must be a whole number .* not NaN/],
  [
    '  delivery:\n    retry: 3\n    backoffDelay: 200ms',
    /^Invalid: a\.yaml:10: spec\.delivery\.backoffDelay Cannot read "200ms" as a duration/,
  ],
  ['  delivery: {backoffDelay: P1M}', /delivery\.backoffDelay .*years and months differ/],
  ['  delivery: {backoffDelay: 1}', /delivery\.backoffDelay must be a string/],
  [
    '  delivery: {backoffPolicy: Linear}',
    /backoffPolicy must be one of linear, exponential, not "Linear"/,
  ],
  ['  delivery: {timeout: PT0S}', /delivery\.timeout must be longer than nothing/],
  ['  delivery: {retryAfterMax: x}', /delivery\.retryAfterMax Cannot read "x"/],
  ['  delivery: {format: xml}', /^Invalid: .*format must be one of binary, json/],
  ['  delivery: {deadLetterSink: {}}', /deadLetterSink must have a "ref" to a Service or a "uri"/],
  ['  delivery: {deadLetterSink: "http://x/"}', /deadLetterSink must be an object, not a string/],
  [
    '  delivery: {deadLetterSink: {uri: "/dead"}}',
    /^DeadLetterSinkNotResolved: .*deadLetterSink\.uri "\/dead" is not an absolute URL/,
  ],
  [
    '  delivery: {deadLetterSink: {ref: {apiVersion: v1, kind: Service, name: nope}}}',
    /^DeadLetterSinkNotResolved: a\.yaml:8: .*"default\/nope" is not known: add its URL to SERVICES_FILE under "nope"/,
  ],
]

t.test(
  'a faulty Trigger is not Ready, says why and where, and stays in the snapshot',
  async (t) => {
    for (const [spec, message] of FAULTS) {
      const found = trigger({ spec })
      t.match(readiness(found), message, spec)
      t.equal(found.key, 'default/orders', spec)
      t.equal(found.broker, 'default/default', spec)
    }
  },
)

t.test('the fault of one Trigger leaves the others as they are', async (t) => {
  const { triggers } = parse(
    brokerYaml(),
    triggerYaml({ name: 'a', spec: '  filters: [{exact: {type: ""}}]' }),
    triggerYaml({ name: 'b' }),
  )

  t.strictSame(
    triggers.map(({ key, readiness }) => [key, readiness.ready]),
    [
      ['default/a', false],
      ['default/b', true],
    ],
  )
})

t.test('the many faults of one Trigger are counted where they are not named', async (t) => {
  const spec = Array.from({ length: 9 }, (_, i) => `  unknown${i}: x`).join('\n')

  t.match(readiness(trigger({ spec })), /8: spec\.unknown0 .*12: spec\.unknown4 .*; and 4 more$/)
})

t.test('subscriber: a ref, a uri, or a uri relative to a ref', async (t) => {
  const ref = (name: string, more = '') =>
    `ref: {apiVersion: v1, kind: Service, name: ${name}${more}}`
  const table: Record<string, string> = {
    '{uri: "http://127.0.0.1:1/x?y=1"}': 'http://127.0.0.1:1/x?y=1',
    [`{${ref('billing')}}`]: 'http://127.0.0.1:9001',
    [`{${ref('billing', ', namespace: shop')}}`]: 'http://127.0.0.1:9002/shop/',
    [`{${ref('billing', ', namespace: other')}}`]: 'http://127.0.0.1:9001',
    '{ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: billing}}':
      'http://127.0.0.1:9001',
    '{ref: {group: serving.knative.dev, kind: Service, name: billing}}': 'http://127.0.0.1:9001',
    [`{${ref('billing')}, uri: /events}`]: 'http://127.0.0.1:9001/events',
    [`{${ref('billing', ', namespace: shop')}, uri: events}`]: 'http://127.0.0.1:9002/shop/events',
    [`{${ref('billing')}, audience: y}`]: 'http://127.0.0.1:9001',
  }
  for (const [subscriber, url] of Object.entries(table)) {
    const found = trigger({ subscriber })
    t.equal(readiness(found), 'Ready', subscriber)
    t.equal(found.subscriber, url, subscriber)
  }
})

t.test('subscriber: one that leads nowhere makes the Trigger not Ready', async (t) => {
  const service = 'ref: {apiVersion: v1, kind: Service, name: billing}'
  const table: Record<string, RegExp> = {
    '{}': /^Invalid: a\.yaml:7: spec\.subscriber must have a "ref" to a Service or a "uri"/,
    '': /^Invalid: a\.yaml:7: spec\.subscriber is missing/,
    'http://x/': /^Invalid: .*subscriber must be an object, not a string/,
    '{url: "http://x/"}': /^Invalid: .*subscriber\.url unknown field; known here: ref, uri/,
    '{uri: ""}': /uri must not be empty/,
    '{uri: "/events"}': /^SubscriberNotResolved: .*"\/events" is not an absolute URL: write http/,
    '{uri: "ftp://x/"}': /must begin with http:\/\/ or https:\/\//,
    '{uri: "http://u:p@x/"}': /must not contain a user name or password/,
    '{uri: "http://x/a b"}': /is not an absolute URL/,
    '{ref: {kind: Service, name: x}}': /subscriber\.ref\.apiVersion is missing/,
    '{ref: {apiVersion: v1, name: x}}': /subscriber\.ref\.kind is missing/,
    '{ref: {apiVersion: v1, kind: Service}}': /subscriber\.ref\.name is missing/,
    '{ref: {apiVersion: v1, kind: Service, name: x, port: 1}}': /ref\.port unknown field/,
    '{ref: {apiVersion: v1, kind: Service, name: constructor}}':
      /^SubscriberNotResolved: a\.yaml:7: spec\.subscriber\.ref the Service "default\/constructor" is not known: add its URL to SERVICES_FILE/,
    '{ref: {apiVersion: apps/v1, kind: Deployment, name: x}}':
      /^SubscriberNotResolved: .*not Deployment of apps\/v1: name one, or give a "uri"/,
    '{ref: {apiVersion: messaging.knative.dev/v1, kind: Service, name: x}}':
      /^SubscriberNotResolved/,
    [`{${service}, uri: "http://x/"}`]: /subscriber\.uri must be relative, as there is a "ref"/,
    [`{${service}, uri: "//x/"}`]: /is not relative to the Service/,
  }
  for (const [subscriber, message] of Object.entries(table)) {
    t.match(readiness(trigger({ subscriber })), message, subscriber)
  }
})

t.test('delivery: the options of a Trigger replace those of its Broker wholly', async (t) => {
  const ofBroker = brokerYaml({
    spec: `  delivery:
    retry: 4
    backoffPolicy: linear
    backoffDelay: PT1S
    timeout: PT30S
    retryAfterMax: PT10S
    deadLetterSink: {ref: {apiVersion: v1, kind: Service, name: dead}}`,
  })
  const defaults = {
    retry: 0,
    backoffPolicy: 'exponential',
    backoffDelayMs: 200,
    timeoutMs: 600_000,
    retryAfterMaxMs: 60_000,
    deadLetterSink: undefined,
    deadLetterSinkCaCerts: undefined,
    format: 'binary',
  }
  const inherited = {
    retry: 4,
    backoffPolicy: 'linear',
    backoffDelayMs: 1000,
    timeoutMs: 30_000,
    retryAfterMaxMs: 10_000,
    deadLetterSink: 'http://127.0.0.1:9003',
    deadLetterSinkCaCerts: undefined,
    format: 'binary',
  }
  const table: Record<string, object> = {
    '': inherited,
    '  delivery:': inherited,
    '  delivery: {}': inherited,
    '  delivery: {retry: 1}': { ...defaults, retry: 1 },
    '  delivery: {backoffDelay: PT0S}': { ...defaults, backoffDelayMs: 0 },
    '  delivery: {backoffPolicy: linear, timeout: PT5S}': {
      ...defaults,
      backoffPolicy: 'linear',
      timeoutMs: 5000,
    },
    '  delivery: {format: binary, retryAfterMax: PT0S}': { ...defaults, retryAfterMaxMs: 0 },
    '  delivery: {deadLetterSink: {uri: "http://x/"}}': {
      ...defaults,
      deadLetterSink: 'http://x/',
    },
  }
  for (const [spec, delivery] of Object.entries(table)) {
    const found = trigger({ spec }, ofBroker)
    t.equal(readiness(found), 'Ready', spec)
    t.strictSame(found.delivery, delivery, spec)
  }
})

t.test('annotations: of a Trigger', async (t) => {
  const table: Record<string, Partial<Trigger>> = {
    'sluice.dev/start: earliest': { start: 'earliest' },
    'sluice.dev/start: latest': { start: 'latest' },
    'sluice.dev/start: 2025-01-31T08:00:00Z': { start: Date.UTC(2025, 0, 31, 8) },
    'sluice.dev/paused: "true"': { paused: true },
    'sluice.dev/paused: "false"': { paused: false },
    'sluice.dev/max-in-flight: "1"': { maxInFlight: 1 },
    'sluice.dev/max-in-flight: "1000"': { maxInFlight: 1000 },
    'sluice.dev/compatibility: knative-kafka': { compatibility: 'knative-kafka' },
    'kafka.eventing.knative.dev/delivery.order: ordered': { order: 'ordered' },
    'kafka.eventing.knative.dev/delivery.order: Ordered': { order: 'ordered' },
    'kafka.eventing.knative.dev/delivery.order: unordered': { order: 'unordered' },
    'example.com/whatever: "5", knative.dev/dependency: x': {},
  }
  for (const [annotations, expected] of Object.entries(table)) {
    const found = trigger({ annotations })
    t.equal(readiness(found), 'Ready', annotations)
    t.match(found, expected, annotations)
  }
})

t.test('annotations: a Trigger takes from its Broker what it does not say itself', async (t) => {
  const ofBroker = brokerYaml({
    annotations: 'sluice.dev/max-in-flight: "7", sluice.dev/compatibility: knative-kafka',
  })

  t.match(trigger({}, ofBroker), { maxInFlight: 7, compatibility: 'knative-kafka' })
  t.match(trigger({ annotations: 'sluice.dev/compatibility: spec' }, ofBroker), {
    maxInFlight: 7,
    compatibility: 'spec',
  })
})

t.test('annotations: of a Broker', async (t) => {
  const table: Record<string, Partial<Broker>> = {
    'sluice.dev/schemas: warn': { schemas: 'warn' },
    'sluice.dev/schemas: "off"': { schemas: 'off' },
    'sluice.dev/unknown-types: reject': { unknownTypes: 'reject' },
    'sluice.dev/dedup-window: PT0S': { dedupWindowMs: 0 },
    'sluice.dev/dedup-window: PT1H': { dedupWindowMs: 3_600_000 },
    'sluice.dev/retention: P1D': { retention: { ageMs: 86_400_000, bytes: undefined } },
    'sluice.dev/retention-bytes: 256Mi': {
      retention: { ageMs: 604_800_000, bytes: 268_435_456 },
    },
    'sluice.dev/retention-bytes: "1000"': { retention: { ageMs: 604_800_000, bytes: 1000 } },
    'eventing.knative.dev/broker.class: Kafka': {},
    'eventing.knative.dev/broker.class: Sluice': {},
  }
  for (const [annotations, expected] of Object.entries(table)) {
    const found = broker({ annotations })
    t.equal(readiness(found), 'Ready', annotations)
    t.match(found, expected, annotations)
  }
})

t.test('annotations: a wrong one makes its resource not Ready', async (t) => {
  const ofTrigger: Record<string, RegExp> = {
    'sluice.dev/strat: latest':
      /^Invalid: a\.yaml:5: metadata\.annotations\["sluice\.dev\/strat"\] is no annotation of a Trigger; known here: sluice\.dev\/start/,
    'sluice.dev/retention: P1D': /is no annotation of a Trigger/,
    'sluice.dev/start: yesterday': /must be latest, earliest, or a time such as .* not "yesterday"/,
    'sluice.dev/start: knative-group': /^NotSupported: .*only with PROFILE=kafka/,
    'sluice.dev/paused: true': /\["sluice\.dev\/paused"\] must be a string: put it in quotes/,
    'sluice.dev/paused: "yes"': /must be one of true, false, not "yes"/,
    'sluice.dev/max-in-flight: "0"': /must be a whole number from 1 to 1000, not "0"/,
    'sluice.dev/max-in-flight: "1001"': /must be a whole number/,
    'sluice.dev/max-in-flight: 1e2x': /must be a whole number/,
    'sluice.dev/compatibility: kafka': /must be one of spec, knative-kafka/,
    'kafka.eventing.knative.dev/delivery.order: sorted': /must be one of ordered, unordered/,
    'example.com/whatever: 5': /must be a string: put it in quotes/,
  }
  for (const [annotations, message] of Object.entries(ofTrigger)) {
    t.match(readiness(trigger({ annotations })), message, annotations)
  }
  const ofBroker: Record<string, RegExp> = {
    'sluice.dev/paused: "true"': /is no annotation of a Broker/,
    'sluice.dev/schemas: strict': /must be one of enforce, warn, off/,
    'sluice.dev/unknown-types: drop': /must be one of accept, reject/,
    'sluice.dev/dedup-window: 5m': /Cannot read "5m" as a duration/,
    'sluice.dev/retention: PT0S': /must be more than nothing/,
    'sluice.dev/retention-bytes: 1GB': /Cannot read "1GB" as a number of bytes/,
    'sluice.dev/retention-bytes: "0"': /must be more than nothing/,
  }
  for (const [annotations, message] of Object.entries(ofBroker)) {
    t.match(readiness(broker({ annotations })), message, annotations)
  }
})

t.test('C6: a Trigger is not Ready while its Broker is missing or not Ready', async (t) => {
  const missing = trigger({}, brokerYaml({ name: 'other' }))
  const faulty = trigger({}, brokerYaml({ spec: '  delivery: {retry: x}' }))

  t.match(readiness(missing), /^BrokerNotFound: there is no Broker default\/default: add it/)
  t.match(
    readiness(faulty),
    /^BrokerNotReady: its Broker default\/default is not Ready: .*retry must be/,
  )
})

t.test('C3: a Broker whose dead letter sink is not resolved is not Ready', async (t) => {
  const spec = '  delivery: {deadLetterSink: {ref: {apiVersion: v1, kind: Service, name: nope}}}'

  t.match(readiness(broker({ spec })), /^DeadLetterSinkNotResolved: a\.yaml:6: .*"default\/nope"/)
})

t.test('a Broker of any class, with a config whose ConfigMap is missing, is Ready', async (t) => {
  const spec =
    '  config: {apiVersion: v1, kind: ConfigMap, name: nope, namespace: knative-eventing}'

  t.equal(readiness(broker({ spec })), 'Ready')
  t.match(
    readiness(broker({ spec: '  config: {apiversion: v1}' })),
    /spec\.config\.apiversion unknown field/,
  )
})

t.test('a name that is given twice is not Ready, and both places are named', async (t) => {
  const { brokers, triggers } = parse(brokerYaml(), brokerYaml(), triggerYaml(), triggerYaml())

  t.strictSame(brokers.map(readiness), [
    'DuplicateName: 2 documents define the Broker default/default: a.yaml:1, a.yaml:6; keep one',
  ])
  t.match(triggers.map(readiness), [
    /^DuplicateName: 2 documents define the Trigger default\/orders: a\.yaml:11, a\.yaml:20; keep one$/,
  ])
})

t.test('metadata: names and namespaces', async (t) => {
  const named = (metadata: string) => brokerYaml().replace('name: default', metadata)
  const key = (metadata: string) => parse(named(metadata)).brokers[0]?.key

  t.equal(key('name: a'), 'default/a')
  t.equal(key('name: a\n  namespace: b'), 'b/a')
  t.equal(key('name: __proto__'), 'default/__proto__')
  t.match(
    readiness(parse(named('name: My_Broker')).brokers[0]!),
    /metadata\.name must be a DNS name/,
  )
  t.match(
    readiness(parse(named('name: a\n  namespace: b.c')).brokers[0]!),
    /namespace must be a DNS label/,
  )
  t.match(
    readiness(parse(named('name: a\n  nmespace: b')).brokers[0]!),
    /metadata\.nmespace unknown field/,
  )
  t.match(
    readiness(parse(named('name: a\n  labels: {a: 1}')).brokers[0]!),
    /metadata\.labels\.a must be a string/,
  )
})

t.test('what a cluster adds to a resource may stand in the file', async (t) => {
  const text = `${brokerYaml({ name: 'default\n  uid: x\n  generation: 1\n  resourceVersion: "5"' })}status: {conditions: []}\n`

  t.equal(readiness(parse(text).brokers[0]!), 'Ready')
})

t.test('a document that cannot be known by a name is a fault of its own', async (t) => {
  const table: Record<string, RegExp> = {
    'apiVersion: eventing.knative.dev/v1\nkind: Trigger\nspec: {}':
      /^a\.yaml:1: metadata is missing/,
    'apiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {}':
      /^a\.yaml:3: metadata\.name is missing/,
    'apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: 5}':
      /^a\.yaml:3: metadata\.name must be a string/,
    'apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: a/b}':
      /metadata\.name must be a DNS name/,
    'apiVersion: eventing.knative.dev/v1beta1\nkind: Trigger':
      /must have the apiVersion eventing\.knative\.dev\/v1/,
    'kind: Trigger': /^a\.yaml:1: apiVersion is missing/,
    'metadata: {name: x}': /kind is missing/,
    'just text': /^a\.yaml:1: must be an object, not a string/,
    '[1, 2]': /must be an object, not a list/,
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {default.topic.partitions: 10}':
      /^a\.yaml:4: data\["default\.topic\.partitions"\] must be a string, not a number: put it in quotes, "10"/,
  }
  for (const [text, fault] of Object.entries(table)) {
    const { faults, snapshot } = parseResources('a.yaml', text)
    t.match(faults, [fault], text)
    t.strictSame(snapshot, { brokers: [], triggers: [] }, text)
  }
})

t.test('other kinds are ignored with one line each; ConfigMaps are not mentioned', async (t) => {
  const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [1]}\n'
  const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}\n'
  const { faults, ignored } = parseResources('a.yaml', `${service}---\n${configMap}---\n\n---\n`)

  t.strictSame(faults, [])
  t.strictSame(ignored, ['a.yaml: Service of v1, "x", is not used here'])
})

t.test('text that is no YAML has one fault with file, line and reason', async (t) => {
  const table: Record<string, RegExp> = {
    'a: b: c': /^a\.yaml:1: Nested mappings/,
    'a: 1\nb: [1\n': /^a\.yaml:\d: /,
    'a: 1\n\tb: 2': /^a\.yaml:2: /,
    'a: 1\nb: 2\na: 3': /^a\.yaml:3: the key "a" is here twice/,
    'a: 1\nb: *x':
      /^a\.yaml:2: an alias has no anchor before it: put text that begins with \* in quotes/,
    'a: !custom 5': /^a\.yaml:1: Unresolved tag/,
    '&a [*a]': /^a\.yaml:1: an alias has no anchor before it/,
    '[&a x, &a [*a]]': /^a\.yaml: is nested too deeply/,
    '&a {*a : x}': /^a\.yaml:1: /,
    '[&a x, &a {x: [*a, *a]}]': /^a\.yaml: is nested too deeply/,
    [`a: ${'['.repeat(200)}${']'.repeat(200)}`]: /nested deeper than 100 levels/,
    [`a: ${'['.repeat(100_000)}`]: /nested too deeply, at most 100 levels/,
    [`${'- '.repeat(20_000)}a`]: /^a\.yaml/,
    [Array.from({ length: 2100 }, () => '--- {a: b}\n').join('')]:
      /^a\.yaml:\d+: has more than 2000 documents/,
    [`a0: &a0 [x, x]\n${Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]\n`).join('')}`]:
      /^a\.yaml: Excessive alias count/,
  }
  for (const [text, fault] of Object.entries(table)) {
    t.match(parseResources('a.yaml', text).faults, [fault], text.slice(0, 60))
  }
})

t.test('a merge key is not merged, also not under a YAML 1.1 directive', async (t) => {
  const text =
    '%YAML 1.1\n---\napiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: yes}\n<<: {spec: {}}\n'

  t.match(readiness(parse(text).brokers[0]!), /\["<<"\] unknown field/)
})

t.test('an anchor may be used for what is written twice', async (t) => {
  const { triggers } = parse(
    brokerYaml(),
    triggerYaml({
      spec: '  filters: [{exact: &e {type: a}}, {any: [{prefix: *e}, {suffix: *e}]}]',
    }),
  )

  t.strictSame(triggers[0]?.filters, [
    { exact: { type: 'a' } },
    { any: [{ prefix: { type: 'a' } }, { suffix: { type: 'a' } }] },
  ])
})

t.test('Triggers cross threads, whatever is wrong with them', async (t) => {
  for (const [spec] of FAULTS) {
    const found = trigger({ spec })
    t.strictSame(structuredClone(found), found, spec)
  }
})
