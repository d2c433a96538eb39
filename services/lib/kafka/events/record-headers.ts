/** Before the name of an attribute (CloudEvents, Kafka binding 1.0.2, section 3.2.3). */
export const ATTRIBUTE_PREFIX = 'ce_'

/** The other headers of an event's record, in lower case. */
export const HEADER = {
  contentType: 'content-type',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  /** Sluice's own: `NewRecord.hops`, left out where it is 0. */
  hops: 'sluice-hops',
  /** Sluice's own: `NewRecord.cause`, as `<partition>:<offset>`. */
  cause: 'sluice-cause',
  /** Sluice's own: see `writeTypes`. */
  types: 'sluice-types',
  /** Sluice's own: why the event is a dead letter, as JSON. */
  deadLetter: 'sluice-dead-letter',
} as const

/** The headers of the attributes that most events have, made once. */
export const HEADER_OF: ReadonlyMap<string, string> = new Map([
  ...[
    ...['specversion', 'id', 'source', 'type', 'subject', 'time', 'dataschema', 'partitionkey'],
    ...['traceparent', 'tracestate'],
  ].map((name) => [name, ATTRIBUTE_PREFIX + name] as const),
  ['datacontenttype', HEADER.contentType],
])
