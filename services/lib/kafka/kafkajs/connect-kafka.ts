import type { KafkaCluster } from '../kafka-cluster.ts'
import type { KafkaSecurity } from '../kafka-settings.ts'
import type { Address } from './broker-connection.ts'
import { KafkajsCluster } from './kafkajs-cluster.ts'

export interface ConnectOptions {
  /** `host:port` each, an IPv6 address in brackets. */
  readonly servers: readonly string[]
  /** Shown in the broker's logs, and as the member of a group. */
  readonly clientId: string
  readonly security: KafkaSecurity | undefined
}

/**
 * A client of one Kafka cluster. Connects when it is asked something.
 * @throws TypeError when a server is not `host:port`.
 */
export function connectKafka({ servers, clientId, security }: ConnectOptions): KafkaCluster {
  return new KafkajsCluster({ servers: servers.map(parseServer), clientId, security })
}

function parseServer(server: string): Address {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(server) ?? []
  const host = bracketed ?? plain
  if (host === undefined) throw new TypeError(`Not a Kafka server: "${server}", expected host:port`)
  return { host, port: Number(port) }
}
