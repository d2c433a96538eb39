import { inspect } from 'node:util'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { addTriggers } from '#administration/add-triggers.ts'
import type { Broker, Snapshot } from '#triggers/trigger.ts'
import { SELF_SIGNED } from '../../../support/self-signed.ts'
import { brokerYaml } from '../../../support/trigger-yaml.ts'
import { type Files, open, SETTLED } from './harness.ts'

const BROKER = brokerYaml({ spec: '  config: {apiVersion: v1, kind: ConfigMap, name: kafka}' })
const CONFIG =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kafka}\ndata: {auth.secret.ref.name: login, bootstrap.servers: "a:1"}\n'
const HEAD = 'apiVersion: v1\nkind: Secret\nmetadata: {name: login}\n'

function login(password: string): string {
  return `${HEAD}stringData: {protocol: SASL_PLAINTEXT, user: sluice, password: ${password}}\n`
}

function openKafka(t: Test, secret: string, more: Record<string, string> = {}): Promise<Files> {
  const tree = {
    'eventing/broker.yaml': BROKER,
    'eventing/config.yaml': CONFIG,
    'eventing/secret.yaml': secret,
    ...more,
  }
  return open(t, tree, { profile: 'kafka' })
}

function only({ brokers }: Snapshot): Broker {
  const [broker] = brokers
  if (broker === undefined || brokers.length > 1) throw new Error('not one Broker')
  return broker
}

t.test('a changed Secret and a changed ConfigMap are new snapshots', async (t) => {
  const { source, snapshots, write, look } = await openKafka(t, login('one'))
  t.match(only(source.snapshot()).kafka, {
    bootstrapServers: ['a:1'],
    security: { sasl: { user: 'sluice', password: 'one' } },
  })

  await write('eventing/secret.yaml', login('second'))
  await look(SETTLED)
  t.match(only(source.snapshot()).kafka.security, { sasl: { password: 'second' } })

  await write('eventing/config.yaml', CONFIG.replace('a:1', 'b.example:2'))
  await look(SETTLED)
  t.match(only(source.snapshot()).kafka.bootstrapServers, ['b.example:2'])
  t.equal(snapshots.length, 2)
})

t.test('a Secret at fault makes the Broker not Ready until it is mended, told once', async (t) => {
  const { source, log, write, look } = await openKafka(t, login('one'))
  await write('eventing/secret.yaml', login('""'))
  await look(SETTLED)
  await write('eventing/config.yaml', `# moved\n${CONFIG}`)
  await look(SETTLED)

  t.match(only(source.snapshot()).readiness, {
    ready: false,
    reason: 'Invalid',
    message: /eventing\/secret\.yaml:4: stringData\.password must not be empty: SASL needs it$/,
  })
  t.equal(log.filter((line) => line.startsWith('A Broker is not Ready')).length, 1)

  await write('eventing/secret.yaml', login('two'))
  await look(SETTLED)
  t.ok(only(source.snapshot()).readiness.ready)
})

t.test('a file of a Secret that can no longer be parsed keeps what it said', async (t) => {
  const { source, write, look } = await openKafka(t, login('one'))

  await write('eventing/secret.yaml', `${login('second')}]`)
  await look(SETTLED)

  t.match(only(source.snapshot()).kafka.security, { sasl: { password: 'one' } })
})

t.test('a deleted Secret is missed', async (t) => {
  const { source, write, look } = await openKafka(t, login('one'))

  await write('eventing/secret.yaml', '')
  await look(SETTLED)

  t.match(only(source.snapshot()), {
    readiness: { reason: 'SecretNotFound' },
    kafka: { security: undefined },
  })
})

t.test(
  'a Secret that nobody names is not told, but one that no cluster would take is',
  async (t) => {
    const other = (fields: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata: {name: other}\n${fields}\n`

    const { log, source } = await openKafka(t, login('one'), {
      'eventing/other.yaml': other('type: kubernetes.io/tls\ndata: {tls.crt: YQ==}'),
      'eventing/wrong.yaml': other('data: {tls.crt: "-"}'),
    })

    t.strictSame(log.length, 1)
    t.match(log[0], /^A document cannot be used \| .*wrong\.yaml:4: data has an entry that is not/)
    t.ok(only(source.snapshot()).readiness.ready)
  },
)

t.test('a kustomization moves ConfigMaps and Secrets, and annotates Brokers', async (t) => {
  const { source, log } = await openKafka(t, login('one'), {
    'eventing/kustomization.yaml':
      'namespace: shop\nresources: [broker.yaml, config.yaml, secret.yaml]\ncommonLabels: {a: b}\ncommonAnnotations: {kafka.eventing.knative.dev/external.topic: orders, sluice.dev/start: knative-group}\n',
  })

  t.strictSame(log, [])
  t.match(only(source.snapshot()), {
    key: 'shop/default',
    readiness: { ready: true },
    kafka: { externalTopic: 'orders', security: { sasl: { password: 'one' } } },
  })
})

const CANARY = /c4n4ry|4915271828/

/** What people write into the file of a Secret, with the secret in all the wrong places. */
const MISTAKES: readonly string[] = [
  ...['c4n4ry', '4915271828', '*c4n4ry', '!c4n4ry', '!<c4n4ry', '!c4n4ry!', '!<!c4n4ry> x'],
  ...['|c4n4ry', '>-c4n4ry', '"\\c4n4ry"', '"\\Uc4n4ry00"', '@c4n4ry', '`c4n4ry', '%c4n4ry'],
  ...['"c4n4ry', "'c4n4ry", '[c4n4ry', '{c4n4ry', '- c4n4ry', '? c4n4ry', 'c4n4ry: c4n4ry: x'],
  ...['&c4n4ry *c4n4ry', '&c4n4ry &c4n4ry x', '!c4n4ry !c4n4ry x', '"a" c4n4ry', 'c4n4ry\n\tx: y'],
]
  .map((value) => `${HEAD}stringData:\n  protocol: SASL_SSL\n  password: ${value}\n`)
  .concat(
    [
      'stringData: c4n4ry',
      'stringData: [c4n4ry]',
      'data: c4n4ry',
      'c4n4ry: x',
      '4915271828: x',
      '? [c4n4ry]\n: x',
      '%c4n4ry x',
      '*c4n4ry : x',
      'c4n4ry',
      '---\n%c4n4ry x\n---\n',
      'stringData: {protocol: SSL, password:c4n4ry}',
      'stringData: {protocol: SSL, password, c4n4ry}',
      'stringData: {4915271828: 5}',
      'data: {protocol: U1NM, password: c4n4ry}',
      'data: {protocol: U1NM, c4n4ry: "!"}',
      'data: {protocol: U1NM, c4n4ry: 4915271828}',
      'stringData: {protocol: c4n4ry}',
      'stringData: {protocol: SASL_SSL, sasl.mechanism: c4n4ry}',
      'stringData: {protocol: SASL_SSL, user: "c4n4ry\\n", password: "c4n4ry\\n"}',
      'stringData: {protocol: SSL, ca.crt: c4n4ry, user.crt: c4n4ry, user.key: c4n4ry}',
      'stringData: {protocol: SSL, ca.crt: "-----BEGIN CERTIFICATE-----\\nc4n4ry\\n-----END CERTIFICATE-----", user.skip: c4n4ry}',
      `stringData: ${JSON.stringify({ protocol: 'SSL', 'user.crt': SELF_SIGNED.cert, 'user.key': SELF_SIGNED.key.replace('MIGH', 'c4n4ry') })}`,
      'metadata: {annotations: {c: c4n4ry}}\nstringData: {password: c4n4ry}',
      'type: 4915271828\nimmutable: c4n4ry\nstringData: {password: c4n4ry}',
    ].map((fields) => `${HEAD}${fields}\n`),
  )

t.test('what is in a Secret is never told, whatever is wrong with it', async (t) => {
  for (const [i, secret] of MISTAKES.entries()) {
    await t.test(`${i}`, async (t) => {
      const told: string[] = []
      const atStart = await openKafka(t, secret).catch((error: unknown) => {
        told.push(inspect(error))
        return undefined
      })
      const later = await openKafka(t, login('one'))
      await later.write('eventing/secret.yaml', secret)
      await later.look(SETTLED)

      for (const files of [atStart, later]) {
        const { brokers } = files?.source.snapshot() ?? { brokers: [] }
        told.push(...(files?.log ?? []), ...brokers.map(({ readiness }) => inspect(readiness)))
      }
      t.notMatch(told.join('\n'), CANARY)
      t.match(told.join('\n'), /secret\.yaml/, 'but that there is something wrong')
    })
  }
})

t.test('what is in a Secret that is right is told to nobody but its Broker', async (t) => {
  const { source, log } = await openKafka(t, login('c4n4ry'))

  const { kafka, readiness } = only(source.snapshot())
  t.equal(kafka.security?.sasl?.password, 'c4n4ry')
  t.strictSame(readiness, { ready: true })
  t.strictSame(log, [])

  const server = Fastify()
  addTriggers(server, { statuses: async () => [], snapshot: () => source.snapshot() })
  const { body } = await server.inject('/triggers')
  t.match(body, 'default/default')
  t.notMatch(body, CANARY)
})
