/** One way in which Sluice is not like Knative's Kafka Broker, release 1.23. Its cases name its key; `less` has none. */
export interface Difference {
  readonly group: keyof typeof GROUPS
  readonly what: string
  /** What Knative's Kafka Broker does. */
  readonly knative: string
  /** What Sluice does, and why. */
  readonly sluice: string
  /** What gives Knative's behaviour; a case shows that it does. */
  readonly setting?: string
}

export const GROUPS = {
  setting: 'With a setting that gives the behaviour of Knative',
  specification: 'Where a specification says otherwise than Knative does',
  defect: 'Where events get lost, altered or stuck',
  more: 'What Sluice does and Knative does not',
  less: 'What Knative does and Sluice does not',
} as const

const COMPATIBILITY = 'sluice.dev/compatibility: knative-kafka'

export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  linear: {
    group: 'setting',
    what: '`backoffPolicy: linear`',
    knative: 'waits delay · k before the k-th retry',
    sluice: 'waits the same delay each time, as the DeliverySpec has it',
    setting: COMPATIBILITY,
  },
  'retry-after': {
    group: 'setting',
    what: '`Retry-After` and `retryAfterMax`',
    knative: 'are not looked at',
    sluice: 'are waited for, as Knative documents them and the webhook specification has it',
    setting: COMPATIBILITY,
  },
  'kafka-extensions': {
    group: 'setting',
    what: '`knativekafkapartition` and `knativekafkaoffset`',
    knative: 'are added to every delivery, in place of those of the producer',
    sluice: 'are not added: an event is delivered as it was sent',
    setting: COMPATIBILITY,
  },
  'dead-letter-version': {
    group: 'setting',
    what: 'A dead letter of version 0.3',
    knative: 'becomes one of version 1.0',
    sluice: 'stays what it is',
    setting: COMPATIBILITY,
  },
  format: {
    group: 'setting',
    what: '`delivery.format: json`',
    knative: 'is ignored',
    sluice: 'delivers in structured mode',
    setting: COMPATIBILITY,
  },
  expired: {
    group: 'setting',
    what: 'An event whose `expirytime` has passed',
    knative: 'is delivered',
    sluice: 'is not delivered, but kept as a dead letter',
    setting: COMPATIBILITY,
  },
  'ascii-values': {
    group: 'setting',
    what: 'Spaces, quotes and percent signs in the headers of a delivery',
    knative: 'are sent as they are',
    sluice: 'are percent-encoded, as the HTTP binding has it',
    setting: 'sluice.dev/attribute-encoding: raw',
  },
  dedup: {
    group: 'setting',
    what: 'An event that is sent twice',
    knative: 'is delivered twice',
    sluice: 'is stored once within five minutes, so that a producer may repeat without harm',
    setting: 'sluice.dev/dedup-window: PT0S',
  },
  'reply-in-202': {
    group: 'specification',
    what: 'An event in a 202',
    knative: 'is taken for a reply',
    sluice: 'is none, as the data plane specification has it',
  },
  'plain-body': {
    group: 'specification',
    what: 'A success with a body that is no event',
    knative: 'is a failed delivery: the event goes to the dead letter sink, unrepeated',
    sluice: 'is a success; subscribers often answer with some text',
  },
  'malformed-reply': {
    group: 'specification',
    what: 'A reply that is no valid event',
    knative: 'goes to the dead letter sink unrepeated; without a body, it is dropped in silence',
    sluice: 'is a failed delivery, which is repeated, as the Broker specification has it',
  },
  'sink-reply': {
    group: 'specification',
    what: 'What a dead letter sink answers',
    knative: 'is published, when it is an event; text is a failure, and the event is lost',
    sluice: 'is not looked at: nobody asked the sink for a reply',
  },
  'attribute-presence': {
    group: 'specification',
    what: 'An empty value in `filter.attributes`',
    knative: 'is as if the attribute were not in the filter',
    sluice: 'passes events that have the attribute, as the control plane specification has it',
  },
  'empty-filter': {
    group: 'specification',
    what: 'A filter without attributes, with an empty value, or an empty `all` or `any`',
    knative: 'is as if it were not there; an empty `any` passes nothing',
    sluice: 'makes the Trigger not Ready: the Subscriptions API has these filters not to be empty',
  },
  cesql: {
    group: 'specification',
    what: 'CESQL',
    knative:
      'casts every result to Boolean, hides evaluation errors, and compares `time` as another text than was sent',
    sluice: 'delivers when the result is true and there was no error, as CESQL has it',
  },
  'empty-required': {
    group: 'specification',
    what: 'An empty `id`, `source`, `type`, `subject` or `dataschema`',
    knative: 'is accepted',
    sluice: 'is refused with 400: CloudEvents wants these attributes not to be empty',
  },
  'relative-dataschema': {
    group: 'specification',
    what: 'A relative `dataschema`',
    knative: 'is accepted',
    sluice: 'is refused with 400: CloudEvents wants an absolute URI',
  },
  'null-attribute': {
    group: 'specification',
    what: 'Attributes in JSON that are `null`, an object or an array',
    knative: 'become the text `null`, or JSON text',
    sluice: 'are not set (`null`), or refused with 400',
  },
  'ambiguous-attributes': {
    group: 'specification',
    what: 'A repeated `ce-` header, `ce-datacontenttype`, `ce-data`',
    knative: 'the last one wins; they override the content type; they become an extension `data`',
    sluice: 'refuses them with 400, as nobody can tell what was meant',
  },
  'lax-json': {
    group: 'specification',
    what: 'A structured event with a byte order mark, a repeated member, or something behind its end',
    knative: 'is accepted; of repeated members the last one wins',
    sluice: 'is refused with 400',
  },
  'percent-encoding': {
    group: 'specification',
    what: 'Percent-encoding and quotes in `ce-` headers',
    knative: 'are taken and delivered as they are; filters see the encoded text',
    sluice: 'are decoded and encoded as the HTTP binding has it; what cannot be decoded is refused',
  },
  'content-type-case': {
    group: 'specification',
    what: '`APPLICATION/CloudEvents+JSON`',
    knative: 'is refused',
    sluice: 'is structured mode: media types have no case',
  },
  'time-syntax': {
    group: 'specification',
    what: '`time`',
    knative:
      'is written anew, without trailing zeros; leap seconds and more than nine digits are refused; missing seconds are accepted',
    sluice: 'is checked against RFC 3339 and delivered as it was sent',
  },
  'json-written-again': {
    group: 'specification',
    what: 'JSON data in structured mode',
    knative: 'is parsed and written again',
    sluice: 'is delivered byte for byte',
  },
  'status-codes': {
    group: 'specification',
    what: 'Refusals',
    knative: '503 for what is too large, 400 for an unknown format, 405 without `Allow`',
    sluice: '413, 415, and `Allow: POST`, so that nobody repeats in vain',
  },
  'see-other': {
    group: 'specification',
    what: 'A 303 of a subscriber',
    knative: 'is followed with GET, and then counts as success',
    sluice: 'is an error like every redirect',
  },
  'header-limit': {
    group: 'specification',
    what: 'Headers of more than 8 KiB',
    knative: 'are refused with 431',
    sluice: 'are taken up to 80 KiB: CloudEvents wants events of 64 KiB to be forwarded',
  },
  'kne-header': {
    group: 'defect',
    what: 'A `Kne-` header of a failed answer whose name is no attribute name',
    knative: 'loses the event, and the Trigger never commits again',
    sluice: 'ignores that header',
  },
  'absent-attribute': {
    group: 'defect',
    what: '`prefix` and `suffix` on a missing `subject` or `datacontenttype`',
    knative:
      'discard the event, also inside `not` and `any`, and the Trigger can no longer be changed',
    sluice: 'do not pass, so `not` of them does',
  },
  'beyond-latin1': {
    group: 'defect',
    what: 'Characters beyond ASCII in attributes',
    knative:
      'are delivered as raw Latin-1, above U+00FF as `?`; raw UTF-8 is encoded twice in Kafka',
    sluice: 'are delivered percent-encoded; raw UTF-8 is understood, other bytes are refused',
  },
  'forbidden-characters': {
    group: 'defect',
    what: 'Control characters, noncharacters and lone surrogates in attributes',
    knative: 'are accepted, and then some cannot be delivered at all: the event is lost',
    sluice: 'are refused with 400, as CloudEvents has it',
  },
  'stalled-body': {
    group: 'defect',
    what: 'An answer whose body stalls',
    knative: 'is waited for without end: the timeout counts for its head only',
    sluice: 'fails at the timeout, which counts for the whole answer',
  },
  'json-types': {
    group: 'defect',
    what: 'An object as `data` of type `application/vnd.x+json`',
    knative: 'is refused with 400',
    sluice: 'is accepted: types that end in `+json` are JSON',
  },
  'number-as-partitionkey': {
    group: 'defect',
    what: 'A number as `partitionkey`',
    knative: 'is answered with 503 for ever',
    sluice: 'is accepted, as the text of the number',
  },
  'no-delay': {
    group: 'defect',
    what: '`retry` with a `backoffDelay` of `PT0S`',
    knative: 'never repeats',
    sluice: 'repeats at once',
  },
  'content-encoding': {
    group: 'defect',
    what: 'A compressed body',
    knative: 'is delivered compressed, without `Content-Encoding`',
    sluice: 'is refused with 415',
  },
  'reply-loop': {
    group: 'defect',
    what: 'A subscriber that answers every event with an event',
    knative: 'goes on for ever',
    sluice: 'is stopped after 255 replies; the event is kept as a dead letter',
  },
  batch: {
    group: 'more',
    what: 'Batches',
    knative: 'are refused with 400',
    sluice: 'are taken, all or nothing; with `Prefer: handling=lenient` one by one',
  },
  'large-attributes': {
    group: 'more',
    what: 'An event whose attributes are larger than the headers a subscriber takes',
    knative: 'is refused by the subscriber',
    sluice: 'is delivered in structured mode',
  },
  'poison-key': {
    group: 'more',
    what: 'With `delivery.order: ordered`, an event that is being repeated',
    knative: 'holds up its whole partition',
    sluice: 'holds up its own key',
  },
  start: {
    group: 'more',
    what: 'Events from before a Trigger was created',
    knative: 'are never delivered',
    sluice: 'are delivered with `sluice.dev/start: earliest`, or from a time on',
  },
  'trace-begun': {
    group: 'more',
    what: 'An event without trace context',
    knative: 'is delivered without',
    sluice: 'begins a trace',
  },
  'http-2': {
    group: 'less',
    what: 'HTTP/2, and TLS, at the ingress',
    knative: 'are taken: HTTP/2 without TLS always, TLS where there is a certificate',
    sluice: 'are not: HTTP/1.1 only; put a proxy in front where more is needed',
  },
  authorization: {
    group: 'less',
    what: 'OIDC (`audience`) and EventPolicy',
    knative: 'decide who may send, and identify Knative at subscribers, where they are switched on',
    sluice: 'are not looked at: whoever reaches the ingress may send',
  },
  references: {
    group: 'less',
    what: '`ref` to anything but a Service or a Knative Service',
    knative: 'is resolved to the address of the object',
    sluice: 'makes the Trigger not Ready: write a `uri`',
  },
  'broker-ref': {
    group: 'less',
    what: '`brokerRef`, and the annotation `knative.dev/dependency`',
    knative: 'name a Broker of another namespace; let the Trigger wait for its source',
    sluice: 'makes the Trigger not Ready; is not looked at',
  },
  kinds: {
    group: 'less',
    what: 'KafkaSource, KafkaSink, KafkaChannel and all other kinds',
    knative: 'are served by the same installation',
    sluice: 'are passed over with a line in the log',
  },
}
