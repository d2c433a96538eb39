import kafkajs from 'kafkajs'
import t from 'tap'
import type { KafkaError } from '#kafka/kafka-error.ts'
import type { KafkaSecurity } from '#kafka/kafka-settings.ts'
import { connectKafka } from '#kafka/kafkajs/connect-kafka.ts'
import { CertificateAuthority } from '../../../support/certificate-authority.ts'
import { startSecureKafka } from '../../../support/kafka/secure-kafka.ts'
import { uniqueName } from '../../../support/kafka/unique-name.ts'
import { aRecord, KEEP, never } from '../../log/event-log.suite.ts'
import { startKafkaLogs } from '../../log/kafka/start-kafka-logs.ts'

const { node, ca, client, users } = await startSecureKafka(t)
const [alice, bob] = users
const certificate = { certificate: client.cert, key: client.key }
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

function login(mechanism: (typeof MECHANISMS)[number], password = alice.password) {
  return { mechanism, user: alice.name, password }
}

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
const admin = new kafkajs.Kafka({
  brokers: [node.bootstrap],
  logLevel: kafkajs.logLevel.NOTHING,
}).admin()
await admin.connect()
t.teardown(() => admin.disconnect())

function rule(
  resourceType: kafkajs.AclResourceTypes,
  resourceName: string,
  operation: kafkajs.AclOperationTypes,
  user: string,
) {
  return {
    resourceType,
    resourceName,
    resourcePatternType: ResourcePatternTypes.PREFIXED,
    principal: `User:${user}`,
    host: '*',
    operation,
    permissionType: AclPermissionTypes.ALLOW,
  }
}

// The ways in are one thing, what somebody may do there is another.
await admin.createAcls({
  acl: [rule(AclResourceTypes.TOPIC, 'secure-', AclOperationTypes.ALL, '*')],
})

type Way = readonly [listener: string, security: KafkaSecurity]

const ways: readonly Way[] = [
  ['PLAINTEXT', { protocol: 'PLAINTEXT' }],
  ['SSL', { protocol: 'SSL', ca }],
  ['MTLS', { protocol: 'SSL', ca, ...certificate }],
  ...MECHANISMS.flatMap((mechanism): Way[] => [
    ['SASL_PLAINTEXT', { protocol: 'SASL_PLAINTEXT', sasl: login(mechanism) }],
    ['SASL_SSL', { protocol: 'SASL_SSL', ca, sasl: login(mechanism) }],
  ]),
]

function connect(listener: string, security: KafkaSecurity) {
  const servers = [listener === 'PLAINTEXT' ? node.bootstrap : node.bootstrapOf(listener)]
  const cluster = connectKafka({ servers, clientId: 'test', security })
  t.teardown(() => cluster.close())
  return cluster
}

for (const [listener, security] of ways) {
  const name = `${listener} ${security.sasl?.mechanism ?? ''}`
  t.test(`${name}: topics are made, written and read`, async (t) => {
    const cluster = connect(listener, security)
    const topic = uniqueName('secure')
    await cluster.createTopics([{ topic, partitions: 1, replicationFactor: undefined, config: {} }])
    const record = {
      key: null,
      value: Buffer.alloc(100_000, 'x'),
      headers: [],
      timestamp: Date.now(),
    }

    const [result] = await cluster.produce(1, [{ topic, partition: 0, records: [record] }], 5000)
    const options = { lane: 'test', maxBytes: 1000, waitMs: 0 }
    const [read] = await cluster.fetch(1, [{ topic, partition: 0, offset: 0 }], options)

    t.same(result, { baseOffset: 0 })
    t.equal(read?.records[0]?.value?.length, 100_000)
  })
}

const refused: readonly (readonly [string, string, KafkaSecurity, RegExp])[] = [
  [
    'a wrong password',
    'SASL_SSL',
    { protocol: 'SASL_SSL', ca, sasl: login('SCRAM-SHA-512', 'a-wrong-secret') },
    /SASL/,
  ],
  [
    'a wrong password, plain',
    'SASL_PLAINTEXT',
    { protocol: 'SASL_PLAINTEXT', sasl: login('PLAIN', 'a-wrong-secret') },
    /SASL/,
  ],
  ['no certificate where one is demanded', 'MTLS', { protocol: 'SSL', ca }, /CONNECTION|TIMED_OUT/],
  [
    "a stranger's certificate",
    'MTLS',
    { protocol: 'SSL', ca, ...strangers() },
    /CONNECTION|TIMED_OUT/,
  ],
  ['a broker whose authority is not trusted', 'SSL', { protocol: 'SSL' }, /CONNECTION/],
  ['no TLS where it is spoken', 'SSL', { protocol: 'PLAINTEXT' }, /CONNECTION|TIMED_OUT/],
]

function strangers() {
  const { cert, key } = new CertificateAuthority().issue({ commonName: 'sluice' })
  return { certificate: cert, key }
}

for (const [what, listener, security, code] of refused) {
  t.test(`${what} is an error that names no secret`, async (t) => {
    const cluster = connect(listener, security)

    const error = (await cluster.partitions('any').catch((failure) => failure)) as KafkaError

    t.match(error.code, code)
    t.notMatch(`${error.message} ${error.stack}`, security.sasl?.password ?? 'PRIVATE KEY')
  })
}

t.test(
  'a login that an ACL does not let in is refused, and one with the rights that are documented does everything',
  async (t) => {
    const broker = `secure/${uniqueName('acl')}`
    const prefix = 'knative-broker-secure-acl'
    const topicRights = [
      AclOperationTypes.CREATE,
      AclOperationTypes.DESCRIBE,
      AclOperationTypes.DESCRIBE_CONFIGS,
      AclOperationTypes.READ,
      AclOperationTypes.WRITE,
    ]
    await admin.createAcls({
      acl: [
        ...topicRights.map((right) => rule(AclResourceTypes.TOPIC, prefix, right, alice.name)),
        rule(AclResourceTypes.GROUP, 'sluice-secure-acl', AclOperationTypes.READ, alice.name),
        rule(AclResourceTypes.GROUP, 'knative-trigger-secure', AclOperationTypes.READ, alice.name),
      ],
    })
    const open = (user: typeof alice) => {
      const sasl = { mechanism: 'SCRAM-SHA-256', user: user.name, password: user.password } as const
      const kafka = { partitions: 2, security: { protocol: 'SASL_SSL', ca, sasl } as const }
      const servers = [node.bootstrapOf('SASL_SSL')]
      return startKafkaLogs(t, { servers, brokers: { [broker]: kafka } }).logs.open(broker, KEEP)
    }

    const refusal = await open(bob).catch((error: unknown) => error)
    t.match(String(refusal), /AUTHORIZATION_FAILED/)
    const log = await open(alice)
    const [position] = await log.append([aRecord('1')])
    const [read] = await log.read([position!], { maxBytes: 1, waitMs: 0, signal: never })
    t.equal(read?.records.length, 1)
    const membership = await log.join({
      assigned: async () => undefined,
      revoked: async () => undefined,
    })
    t.equal(membership.mayDeliver(), true)
    await membership.leave()
    await log.publishProgress('secure/trigger', [position!])
  },
)
