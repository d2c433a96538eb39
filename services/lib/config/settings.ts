import Type from 'typebox'

/** A server's address; IPv6 in brackets. */
const SERVER = String.raw`(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}`

/**
 * The environment variables of all processes; each process takes those it uses. What
 * docs/configuration.md says is written from these.
 */
export const settings = {
  PROFILE: Type.Enum(['embedded', 'kafka'], {
    default: 'embedded',
    description:
      'Where events are kept and who delivers them. `embedded`: in SQLite, by this one process. `kafka`: in Kafka, by any number of processes.',
  }),
  PORT: Type.Integer({
    default: 8080,
    minimum: 0,
    maximum: 65535,
    description: 'Port of the ingress; 0 is any free one.',
  }),
  HOST: Type.String({
    default: '127.0.0.1',
    description:
      'Address that the ingress listens on. Whoever reaches it may publish; `0.0.0.0` is every IPv4 interface.',
  }),
  ADMIN_PORT: Type.Integer({
    default: 8081,
    minimum: 0,
    maximum: 65535,
    description: 'Port of administration: API and metrics; 0 is any free one.',
  }),
  ADMIN_HOST: Type.String({
    default: '127.0.0.1',
    description:
      'Address that administration listens on. Any but a loopback one demands `ADMIN_TOKEN`.',
  }),
  ADMIN_TOKEN: Type.Optional(
    Type.String({
      title: 'at least 16 letters, digits and - . _ ~ + /',
      writeOnly: true,
      minLength: 16,
      pattern: '^[A-Za-z0-9._~+/-]+=*$',
      description: 'Bearer token that administration demands of every request. Secret.',
    }),
  ),
  DATA_DIR: Type.String({
    default: '.sluice',
    description:
      'Folder of the event log, the cursors and the dead letters with `PROFILE=embedded`. Made when missing.',
  }),
  KAFKA_BROKERS: Type.Optional(
    Type.String({
      title: 'host:port, several of them separated by commas',
      pattern: `^\\s*${SERVER}(?:\\s*,\\s*${SERVER})*\\s*$`,
      description:
        'Kafka servers to begin with, for all Brokers; overrides `bootstrap.servers` of their ConfigMaps. `PROFILE=kafka` only.',
    }),
  ),
  KAFKA_LINGER_MS: Type.Integer({
    default: 8,
    minimum: 0,
    maximum: 100,
    description:
      'How long an event waits for others to share a request to Kafka with, in milliseconds. More costs each event as much time, and saves CPU of Sluice and Kafka at low rates. `PROFILE=kafka` only.',
  }),
  EVENTING_DIR: Type.String({
    default: 'eventing/base',
    description: 'Folder of the Broker and Trigger YAML. Changes are taken over while running.',
  }),
  SCHEMAS_DIR: Type.String({
    default: 'schemas',
    description: 'Folder of the JSON Schemas of event data: `<event type>/<version>.json`.',
  }),
  SERVICES_FILE: Type.String({
    default: 'eventing/services.yaml',
    description: 'Service names with their URLs, for `subscriber.ref` and `deadLetterSink.ref`.',
  }),
  SAMPLES: Type.Enum(['on', 'off'], {
    default: 'on',
    description: 'Whether the sample services run too.',
  }),
  MAX_EVENT_BYTES: Type.Integer({
    default: 1024 * 1024,
    minimum: 1024,
    maximum: 64 * 1024 * 1024,
    description: 'The largest event that is accepted: its attributes and its data, in bytes.',
  }),
  MAX_BATCH_EVENTS: Type.Integer({
    default: 1000,
    minimum: 1,
    maximum: 100_000,
    description: 'The most events that one batch may hold.',
  }),
  GRACE_PERIOD: Type.String({
    default: 'PT10S',
    format: 'duration',
    description:
      'How long requests and deliveries in flight may go on after `SIGTERM`; at most `P1D`.',
  }),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'The least important lines that are logged.',
  }),
} as const
