import t, { type Test } from 'tap'
import { connectKafka } from '#kafka/kafkajs/connect-kafka.ts'
import { startSecureKafka } from '../../../support/kafka/secure-kafka.ts'
import { brokerYaml } from '../../../support/trigger-yaml.ts'
import { open } from './harness.ts'

const { node, ca, client, users } = await startSecureKafka(t)
const [alice, bob] = users
const LOGIN = { user: alice.name, password: alice.password }

/** As kubectl shows a Secret: everything in base64. */
function secretYaml(entries: Readonly<Record<string, string>>): string {
  const data = Object.entries(entries).map(([name, text]) => [
    name,
    Buffer.from(text).toString('base64'),
  ])
  return `apiVersion: v1\nkind: Secret\nmetadata: {name: login}\ntype: Opaque\ndata: ${JSON.stringify(Object.fromEntries(data))}\n`
}

/** How many brokers answer whoever goes by these files. */
async function whoAnswers(t: Test, listener: string, secret: Readonly<Record<string, string>>) {
  const servers = node.bootstrapOf(listener)
  const { source } = await open(
    t,
    {
      'eventing/broker.yaml': brokerYaml({
        spec: '  config: {apiVersion: v1, kind: ConfigMap, name: kafka}',
      }),
      'eventing/config.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kafka}\ndata: {bootstrap.servers: "${servers}", auth.secret.ref.name: login}\n`,
      'eventing/secret.yaml': secretYaml(secret),
    },
    { profile: 'kafka' },
  )
  const [broker] = source.snapshot().brokers
  if (broker?.readiness.ready !== true) throw new Error('not Ready')
  const { bootstrapServers = [], security } = broker.kafka
  const cluster = connectKafka({ servers: bootstrapServers, clientId: 'test', security })
  t.teardown(() => cluster.close())
  return await cluster.brokerCount()
}

const letIn: readonly (readonly [listener: string, secret: Readonly<Record<string, string>>])[] = [
  ['PLAINTEXT', { protocol: 'PLAINTEXT' }],
  ['SSL', { protocol: 'SSL', 'ca.crt': ca, 'user.skip': 'true' }],
  ['MTLS', { protocol: 'SSL', 'ca.crt': ca, 'user.crt': client.cert, 'user.key': client.key }],
  ['SASL_PLAINTEXT', { protocol: 'SASL_PLAINTEXT', ...LOGIN }],
  ...['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'].map(
    (mechanism) =>
      [
        'SASL_SSL',
        { protocol: 'SASL_SSL', 'sasl.mechanism': mechanism, 'ca.crt': ca, ...LOGIN },
      ] as const,
  ),
]

for (const [listener, secret] of letIn) {
  const mechanism = secret['sasl.mechanism'] ?? 'no mechanism'
  t.test(`${listener} takes ${Object.keys(secret)} with ${mechanism}`, async (t) => {
    t.equal(await whoAnswers(t, listener, secret), 1)
  })
}

t.test('who has the wrong password, or no certificate, is refused', async (t) => {
  const wrong = { protocol: 'SASL_SSL', 'ca.crt': ca, ...LOGIN, password: bob.password }
  await t.rejects(whoAnswers(t, 'SASL_SSL', wrong), { code: 'SASL_AUTHENTICATION_FAILED' })
  await t.rejects(whoAnswers(t, 'MTLS', { protocol: 'SSL', 'ca.crt': ca, 'user.skip': 'true' }), {
    name: 'KafkaError',
  })
})
