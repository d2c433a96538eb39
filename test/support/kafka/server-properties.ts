/** What one node of a cluster needs to know of itself and of the others. */
export interface NodePlace {
  readonly id: number
  readonly folder: string
  readonly listeners: readonly Listener[]
  /** `id@host:port` of each node's controller. */
  readonly voters: string
  readonly replicas: number
}

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

export interface Listener {
  readonly name: string
  readonly protocol: SecurityProtocol
  readonly port: number
  /** `host:port` that clients are told; undefined for its own. */
  readonly advertised: string | undefined
}

export type Properties = Readonly<Record<string, string | number>>

/** Between the brokers, so that a proxy or a login before the other listeners does not cut it. */
export const INTERNAL = 'INTERNAL'
export const CONTROLLER = 'CONTROLLER'

/**
 * A small and quick node: little memory, few threads, and time-outs short enough that a test does
 * not wait for Kafka to notice what happened.
 */
const QUICK: Properties = {
  'broker.session.timeout.ms': 1500,
  'broker.heartbeat.interval.ms': 300,
  'controller.quorum.election.timeout.ms': 500,
  'controller.quorum.fetch.timeout.ms': 1000,
  'controller.quorum.election.backoff.max.ms': 300,
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 1000,
  'replica.lag.time.max.ms': 3000,
  'log.initial.task.delay.ms': 500,
  'log.retention.check.interval.ms': 500,
  'log.segment.delete.delay.ms': 500,
  'log.cleaner.backoff.ms': 500,
  'auto.create.topics.enable': 'false',
  'num.partitions': 4,
  'offsets.topic.num.partitions': 4,
  'transaction.state.log.num.partitions': 4,
  'num.network.threads': 2,
  'num.io.threads': 2,
  'num.replica.fetchers': 1,
  'num.recovery.threads.per.data.dir': 1,
  'background.threads': 2,
  'log.cleaner.threads': 1,
  'log.cleaner.dedupe.buffer.size': 4_194_304,
  'log.cleaner.io.buffer.size': 65_536,
  'log.segment.bytes': 67_108_864,
}

/** Whoever comes without a login (the brokers themselves, and PLAINTEXT clients) may do everything. */
const OPEN: Properties = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
  'allow.everyone.if.no.acl.found': 'true',
}

/** The text of server.properties. @param more - wins over everything else */
export function serverProperties(place: NodePlace, more: Properties): string {
  const properties = { ...QUICK, ...OPEN, ...placement(place), ...more }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${String(value).replaceAll('\n', '\\n')}\n`)
    .join('')
}

function placement({ id, folder, listeners, voters, replicas }: NodePlace): Properties {
  const minInSync = replicas > 1 ? 2 : 1
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters,
    listeners: listeners.map(({ name, port }) => `${name}://127.0.0.1:${port}`).join(','),
    'advertised.listeners': listeners
      .filter(({ name }) => name !== CONTROLLER)
      .map(({ name, port, advertised }) => `${name}://${advertised ?? `127.0.0.1:${port}`}`)
      .join(','),
    'listener.security.protocol.map': listeners
      .map(({ name, protocol }) => `${name}:${protocol}`)
      .join(','),
    'controller.listener.names': CONTROLLER,
    'inter.broker.listener.name': INTERNAL,
    'log.dirs': `${folder}/data`,
    'default.replication.factor': replicas,
    'min.insync.replicas': minInSync,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minInSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': 1,
  }
}
