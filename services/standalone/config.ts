import Type, { type Static } from 'typebox'
import { type Environment, type Fault, readConfig } from '#config/read-config.ts'
import { isLoopback } from '#http/is-loopback.ts'
import { parseDuration } from '#triggers/parse-duration.ts'

/** Timers hold 24 days; nobody waits for one. */
const LONGEST_GRACE_MS = 24 * 60 * 60 * 1000

/** The environment of `npm start`. docs/configuration.md is written from it. */
export const standaloneSchema = Type.Object({
  PROFILE: Type.Enum(['embedded'], {
    default: 'embedded',
    description:
      'Where events are kept and who delivers them. `embedded`: SQLite in this process, delivered by this process. It is the only profile so far.',
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
    description: 'Folder of the event log, the cursors and the dead letters. Made when missing.',
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
})

export type StandaloneConfig = Readonly<Static<typeof standaloneSchema>>

/** @throws ConfigError that names every wrong variable */
export function readStandaloneConfig(env: Environment): StandaloneConfig {
  return readConfig(standaloneSchema, env, demands)
}

function demands(values: Partial<StandaloneConfig>): readonly Fault[] {
  const { ADMIN_HOST, ADMIN_TOKEN, GRACE_PERIOD } = values
  const faults: Fault[] = []
  if (ADMIN_HOST !== undefined && ADMIN_TOKEN === undefined && !isLoopback(ADMIN_HOST)) {
    const expected = `a bearer token, because ADMIN_HOST ${ADMIN_HOST} can be reached from other machines`
    faults.push({ variable: 'ADMIN_TOKEN', expected })
  }
  if (GRACE_PERIOD !== undefined && parseDuration(GRACE_PERIOD) > LONGEST_GRACE_MS) {
    faults.push({ variable: 'GRACE_PERIOD', expected: 'at most P1D' })
  }
  return faults
}
