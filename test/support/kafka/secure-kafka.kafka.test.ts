import kafkajs, { type KafkaConfig, type SASLOptions } from 'kafkajs'
import t from 'tap'
import { CertificateAuthority } from '../certificate-authority.ts'
import { startSecureKafka } from './secure-kafka.ts'

type Login = readonly [name: string, config: KafkaConfig]

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, ResourcePatternTypes } =
  kafkajs
const { node, ca, client, users } = await startSecureKafka(t)
const [alice, bob] = users

const logins: readonly Login[] = [
  ['SSL', { brokers: [node.bootstrapOf('SSL')], ssl: { ca } }],
  ['MTLS', { brokers: [node.bootstrapOf('MTLS')], ssl: { ca, ...client } }],
  ...['plain', 'scram-sha-256', 'scram-sha-512'].flatMap((mechanism): Login[] => {
    const sasl = { mechanism, username: alice.name, password: alice.password } as SASLOptions
    return [
      [`SASL_PLAINTEXT ${mechanism}`, { brokers: [node.bootstrapOf('SASL_PLAINTEXT')], sasl }],
      [`SASL_SSL ${mechanism}`, { brokers: [node.bootstrapOf('SASL_SSL')], ssl: { ca }, sasl }],
    ]
  }),
]

for (const [name, config] of logins) {
  t.test(`${name} lets in who may come`, async (t) => {
    t.equal(await whoAnswers(config), 1)
  })
}

const refused: readonly Login[] = [
  ['MTLS without a certificate', { brokers: [node.bootstrapOf('MTLS')], ssl: { ca } }],
  [
    'MTLS with a certificate of a stranger',
    {
      brokers: [node.bootstrapOf('MTLS')],
      ssl: { ca, ...new CertificateAuthority().issue({ commonName: 'sluice' }) },
    },
  ],
  [
    'SASL_PLAINTEXT with a wrong password',
    {
      brokers: [node.bootstrapOf('SASL_PLAINTEXT')],
      sasl: { mechanism: 'scram-sha-512', username: alice.name, password: bob.password },
    },
  ],
  ['SSL to who does not trust the CA', { brokers: [node.bootstrapOf('SSL')], ssl: true }],
]

for (const [name, config] of refused) {
  t.test(`${name} is refused`, async (t) => {
    await t.rejects(whoAnswers(config))
  })
}

t.test('a user may do what an ACL allows, and another one may not', async (t) => {
  const admin = connectTo({ brokers: [node.bootstrap] }).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  await admin.createTopics({ topics: [{ topic: 'guarded', numPartitions: 1 }] })
  await admin.createAcls({
    acl: [
      {
        resourceType: AclResourceTypes.TOPIC,
        resourceName: 'guarded',
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: `User:${alice.name}`,
        host: '*',
        operation: AclOperationTypes.WRITE,
        permissionType: AclPermissionTypes.ALLOW,
      },
    ],
  })

  t.match(await write(alice), [{ errorCode: 0 }])
  await t.rejects(write(bob), { message: /Not authorized/ })
})

async function write({ name, password }: (typeof users)[0]) {
  const brokers = [node.bootstrapOf('SASL_SSL')]
  const sasl = { mechanism: 'plain', username: name, password } as const
  const producer = connectTo({ brokers, ssl: { ca }, sasl }).producer()
  await producer.connect()
  try {
    return await producer.send({ topic: 'guarded', messages: [{ value: name }] })
  } finally {
    await producer.disconnect()
  }
}

/** The id of the broker that answers. */
async function whoAnswers(config: KafkaConfig): Promise<number | undefined> {
  const admin = connectTo(config).admin()
  await admin.connect()
  try {
    return (await admin.describeCluster()).brokers[0]?.nodeId
  } finally {
    await admin.disconnect()
  }
}

function connectTo(config: KafkaConfig) {
  return new Kafka({ logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 0 }, ...config })
}
