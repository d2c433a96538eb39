import { brokerYaml, triggerYaml } from '../support/trigger-yaml.ts'

/** Expressions with something of everything in CESQL. */
export const EXPRESSIONS: readonly string[] = [
  "type = 'a' AND (source LIKE '/a%' OR EXISTS subject)",
  'NOT (id IN (\'1\', \\"2\\")) XOR INT(sequence) + 1 * -2 % 3 >= LENGTH(subject)',
  "SUBSTRING(UPPER(source), 2, 1) != 'Q' AND CONCAT_WS('-', type, id) LIKE '%\\\\_%'",
]

const FILTERS = [
  'exact: {type: a, subject: b}',
  'prefix: {source: /a}',
  'not: {suffix: {subject: z}}',
  'any: [{exact: {type: a}}, {all: [{prefix: {id: "1"}}, {not: {exact: {type: b}}}]}]',
  'all: [{exact: &e {type: b}}, {exact: *e}]',
  ...EXPRESSIONS.map((text) => `cesql: "${text}"`),
]

/** Documents that are right, with every dialect, annotation and field that there is. */
export const VALID_RESOURCES: readonly string[] = [
  brokerYaml({
    annotations:
      'sluice.dev/retention: P1D, sluice.dev/retention-bytes: 10Mi, sluice.dev/dedup-window: PT0S, sluice.dev/schemas: warn, sluice.dev/unknown-types: reject, sluice.dev/max-in-flight: "5", kafka.eventing.knative.dev/external.topic: orders',
    spec: '  config: {apiVersion: v1, kind: ConfigMap, name: x}\n  delivery: {retry: 3, backoffDelay: PT0.2S, retryAfterMax: PT10S, format: json, deadLetterSink: {uri: "http://x/"}}',
  }),
  triggerYaml({
    annotations:
      'sluice.dev/start: 2025-01-31T08:00:00Z, sluice.dev/paused: "false", sluice.dev/max-in-flight: "9", sluice.dev/max-header-bytes: 8Ki, sluice.dev/attribute-encoding: raw, sluice.dev/compatibility: knative-kafka, kafka.eventing.knative.dev/delivery.order: ordered',
    spec: `  filters:
${FILTERS.map((filter) => `  - ${filter}`).join('\n')}
  delivery:
    retry: 2
    backoffPolicy: linear
    timeout: PT5S
    deadLetterSink: {ref: {apiVersion: v1, kind: Service, name: billing}, uri: /x}`,
    subscriber: '{ref: {apiVersion: v1, kind: Service, name: billing}}',
  }),
  ...FILTERS.map((filter, index) =>
    triggerYaml({ name: `f${index}`, spec: `  filters: [{${filter}}]` }),
  ),
  triggerYaml({ name: 'old', spec: '  filter: {attributes: {type: a, source: ""}}' }),
  triggerYaml({
    annotations: 'sluice.dev/start: earliest',
    subscriber: '{uri: "https://u:p@[::1]:8/x?y#z", CACerts: "x"}',
  }),
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: "1", auth.secret.ref.name: s, bootstrap.servers: "a:1,[::1]:2", default.topic.partitions: "3", default.topic.config.retention.ms: "1"}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {user: eA==, sasl.mechanism: UExBSU4=}\nstringData: {protocol: SASL_PLAINTEXT, password: x}\n',
  'resources: [a.yaml, ../base]\nnamespace: x\ncommonAnnotations: {sluice.dev/paused: "true"}\n',
  'billing: http://127.0.0.1:1\nshop/billing: "https://x/y"\n',
]
