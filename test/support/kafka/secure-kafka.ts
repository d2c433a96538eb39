import type { Test } from 'tap'
import { CertificateAuthority, type Certified } from '../certificate-authority.ts'
import type { KafkaNode, KafkaNodeOptions } from './kafka-node.ts'
import type { Properties } from './server-properties.ts'
import { startKafka } from './start-kafka.ts'

/** A user that PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 know; its principal is `User:<name>`. */
export interface KafkaUser {
  readonly name: string
  readonly password: string
}

/**
 * A broker with five listeners, all of which `node.bootstrapOf` knows by name:
 * `PLAINTEXT` (whoever comes may do everything: for the test's own preparations), `SSL` (the same,
 * encrypted), `MTLS` (SSL that asks for a client's certificate), `SASL_PLAINTEXT` and `SASL_SSL`
 * (users; PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512). Users, and clients by certificate, may do only
 * what an ACL allows, which the test creates through PLAINTEXT.
 */
export interface SecureKafka {
  readonly node: KafkaNode
  /** PEM of who vouches for the broker and for `client`. */
  readonly ca: string
  /** For MTLS; its principal is `User:CN=sluice`. */
  readonly client: Certified
  readonly users: readonly [KafkaUser, KafkaUser]
}

const USERS = [
  { name: 'alice', password: 'alice-secret' },
  { name: 'bob', password: 'bob-secret' },
] as const
const SCRAM = ['SCRAM-SHA-256', 'SCRAM-SHA-512']
const LOGIN = 'org.apache.kafka.common.security'

/** Ended with the test. Where there is no Kafka, the test file is skipped. */
export async function startSecureKafka(t: Test): Promise<SecureKafka> {
  const authority = new CertificateAuthority()
  const client = authority.issue({ commonName: 'sluice', hosts: [] })
  const node = await startKafka(t, secureOptions(authority))
  return { node, ca: authority.cert, client, users: USERS }
}

function secureOptions(authority: CertificateAuthority): KafkaNodeOptions {
  const server = authority.issue({ commonName: 'kafka' })
  return {
    listeners: {
      SSL: 'SSL',
      MTLS: 'SSL',
      SASL_PLAINTEXT: 'SASL_PLAINTEXT',
      SASL_SSL: 'SASL_SSL',
    },
    properties: {
      'allow.everyone.if.no.acl.found': 'false',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.key': server.key,
      'ssl.keystore.certificate.chain': server.cert,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': authority.cert,
      'listener.name.mtls.ssl.client.auth': 'required',
      'sasl.enabled.mechanisms': ['PLAIN', ...SCRAM].join(','),
      ...loginsOf('sasl_plaintext'),
      ...loginsOf('sasl_ssl'),
    },
    format: USERS.flatMap(({ name, password }) =>
      SCRAM.flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${name},password=${password}]`,
      ]),
    ),
  }
}

function loginsOf(listener: string): Properties {
  const users = USERS.map(({ name, password }) => `user_${name}="${password}"`).join(' ')
  const scram = `${LOGIN}.scram.ScramLoginModule required;`
  return {
    [`listener.name.${listener}.plain.sasl.jaas.config`]: `${LOGIN}.plain.PlainLoginModule required ${users};`,
    [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`]: scram,
    [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`]: scram,
  }
}
