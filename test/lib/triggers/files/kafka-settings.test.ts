import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import type { KafkaSecurity, KafkaSettings } from '#kafka/kafka-settings.ts'
import { parseResources } from '#triggers/files/parse-resources.ts'
import { DEFAULT_KAFKA_SETTINGS } from '#triggers/resources/default-kafka-settings.ts'
import type { Broker, Readiness } from '#triggers/trigger.ts'
import { SELF_SIGNED } from '../../../support/self-signed.ts'
import { brokerYaml, triggerYaml } from '../../../support/trigger-yaml.ts'

const CONFIG = '  config: {apiVersion: v1, kind: ConfigMap, name: kafka}'
const { cert: CERTIFICATE, key: KEY } = SELF_SIGNED
const OTHER_KEY = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey
const ENCRYPTED_KEY = createPrivateKey(KEY)
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  .toString()
const LOGIN = { user: 'sluice', password: 'secret' }

type Strings = Readonly<Record<string, string>>

function configMapYaml(data: Strings, name = 'kafka'): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: ${JSON.stringify(data)}\n`
}

function secretYaml(stringData: Strings): string {
  return `apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: ${JSON.stringify(stringData)}\n`
}

function brokersOf(
  documents: readonly string[],
  profile: 'embedded' | 'kafka' = 'kafka',
): Broker[] {
  const { snapshot } = parseResources('a.yaml', documents.join('---\n'), new Map(), profile)
  return [...snapshot.brokers]
}

function brokerOf(...documents: readonly string[]): Broker {
  const [only, second] = brokersOf(documents)
  if (only === undefined || second !== undefined) throw new Error('not one Broker')
  return only
}

function configured(data: Strings, ...more: readonly string[]): Broker {
  return brokerOf(brokerYaml({ spec: CONFIG }), configMapYaml(data), ...more)
}

function secured(secret: string): Broker {
  return configured({ 'auth.secret.ref.name': 'login' }, secret)
}

/** `reason: message`, or `Ready`. */
function describe(readiness: Readiness): string {
  return readiness.ready ? 'Ready' : `${readiness.reason}: ${readiness.message}`
}

t.test('a Broker without a ConfigMap, and with an empty one, has the defaults', async (t) => {
  for (const broker of [brokerOf(brokerYaml()), configured({})]) {
    t.equal(describe(broker.readiness), 'Ready')
    t.strictSame(broker.kafka, {
      bootstrapServers: undefined,
      partitions: 10,
      replicationFactor: undefined,
      topicConfig: {},
      externalTopic: undefined,
      security: undefined,
    })
  }
})

t.test('what a ConfigMap says', async (t) => {
  const table: readonly (readonly [data: Strings, expected: Partial<KafkaSettings>])[] = [
    [{ 'bootstrap.servers': 'kafka:9092' }, { bootstrapServers: ['kafka:9092'] }],
    [
      { 'bootstrap.servers': ' a.example:1 ,,\n[::1]:65535, 10.0.0.1:9092,\n' },
      { bootstrapServers: ['a.example:1', '[::1]:65535', '10.0.0.1:9092'] },
    ],
    [{ 'bootstrap.servers': '[fe80::1%eth0]:9' }, { bootstrapServers: ['[fe80::1%eth0]:9'] }],
    [{ 'default.topic.partitions': '1' }, { partitions: 1 }],
    [{ 'default.topic.partitions': '10000' }, { partitions: 10_000 }],
    [{ 'default.topic.replication.factor': '1' }, { replicationFactor: 1 }],
    [{ 'default.topic.replication.factor': '32767' }, { replicationFactor: 32_767 }],
    [
      {
        'default.topic.config.retention.ms': ' 1000',
        'default.topic.config.x': '',
        'default.topic.config.__proto__': 'y',
      },
      { topicConfig: JSON.parse('{"retention.ms": " 1000", "x": "", "__proto__": "y"}') },
    ],
    [{ 'group.id': 'x', 'auth.secret.ref.namespace': 'y', constructor: 'z' }, {}],
  ]
  for (const [data, expected] of table) {
    const { readiness, kafka } = configured(data)
    t.equal(describe(readiness), 'Ready', JSON.stringify(data))
    t.strictSame(kafka, { ...DEFAULT_KAFKA_SETTINGS, ...expected }, JSON.stringify(data))
  }
})

t.test('a ConfigMap that says something wrong makes its Broker not Ready', async (t) => {
  const servers = (text: string) => ({ 'bootstrap.servers': text })
  const partitions = (text: string) => ({ 'default.topic.partitions': text })
  const replicas = (text: string) => ({ 'default.topic.replication.factor': text })
  const table: readonly (readonly [data: Strings, message: RegExp])[] = [
    [
      servers(''),
      /^Invalid: a\.yaml:11: data\["bootstrap\.servers"\] must name a server as host:port; leave it out to use KAFKA_BROKERS$/,
    ],
    [servers(' , '), /must name a server/],
    [servers('kafka'), /"kafka" is not host:port: write kafka:9092, or \[::1\]:9092/],
    [servers('kafka:0'), /"kafka:0" is not/],
    [servers('kafka:65536'), /"kafka:65536" is not/],
    [servers('a:1,b:x'), /"b:x" is not/],
    [servers('a:1 b:2'), /"a:1 b:2" is not/],
    [servers('::1:9092'), /"::1:9092" is not/],
    [servers('[kafka]:9092'), /"\[kafka\]:9092" is not/],
    [servers('SSL://kafka:9092'), /"SSL:\/\/kafka:9092" is not/],
    [
      partitions('0'),
      /^Invalid: a\.yaml:11: data\["default\.topic\.partitions"\] must be a whole number from 1 to 10000, not "0"$/,
    ],
    [partitions('10001'), /from 1 to 10000, not "10001"/],
    [partitions('-1'), /not "-1"/],
    [partitions('1.5'), /not "1\.5"/],
    [partitions(''), /not ""/],
    [partitions('ten'), /not "ten"/],
    [partitions('99999999999999999999'), /not "99999999999999999999"/],
    [replicas('0'), /replication\.factor"\] must be a whole number from 1 to 32767, not "0"/],
    [replicas('32768'), /not "32768"/],
    [
      { 'auth.secret.ref.name': '' },
      /^Invalid: a\.yaml:11: data\["auth\.secret\.ref\.name"\] must not be empty$/,
    ],
    [
      { 'auth.secret.ref.name': 'nope' },
      /^SecretNotFound: a\.yaml:11: data\["auth\.secret\.ref\.name"\] names the Secret "default\/nope", which is not there: add it to EVENTING_DIR, or correct this$/,
    ],
  ]
  for (const [data, message] of table) {
    const { readiness, kafka } = configured(data)
    t.match(describe(readiness), message, JSON.stringify(data))
    t.strictSame(kafka, DEFAULT_KAFKA_SETTINGS, JSON.stringify(data))
  }
})

t.test('everything that is wrong with a ConfigMap is named', async (t) => {
  const { readiness } = configured({ 'default.topic.partitions': '0', 'bootstrap.servers': 'x' })

  t.match(describe(readiness), /bootstrap\.servers"\] .*; a\.yaml:11: .*partitions"\] /)
})

t.test('spec.config: which ConfigMap it names', async (t) => {
  const map = configMapYaml(
    { 'default.topic.partitions': '3' },
    'kafka, namespace: knative-eventing',
  )
  const at = (config: string, ...more: readonly string[]) =>
    brokerOf(brokerYaml({ spec: `  config: ${config}` }), ...more)
  const named = '{apiVersion: v1, kind: ConfigMap, name: kafka, namespace: knative-eventing}'
  t.equal(at(named, map).kafka.partitions, 3)
  t.equal(describe(at(named, map).readiness), 'Ready')

  const table: Record<string, RegExp> = {
    [named]:
      /^ConfigMapNotFound: a\.yaml:6: spec\.config names the ConfigMap "knative-eventing\/kafka", which is not there: add it to EVENTING_DIR, or correct this$/,
    '{}': /^Invalid: a\.yaml:6: spec\.config\.apiVersion is missing; .*kind is missing; .*name is missing/,
    '{apiVersion: v1, kind: Secret, name: kafka}':
      /^Invalid: .*config must have the kind ConfigMap and the apiVersion v1$/,
    '{apiVersion: v2, kind: ConfigMap, name: kafka}': /must have the kind ConfigMap/,
    '{apiVersion: v1, kind: ConfigMap, name: 5}':
      /^Invalid: a\.yaml:6: spec\.config\.name must be a/,
    '{apiVersion: v1, kind: ConfigMap, name: __proto__}': /^ConfigMapNotFound/,
  }
  for (const [config, message] of Object.entries(table)) {
    t.match(describe(at(config).readiness), message, config)
  }
  t.match(
    describe(at('{apiVersion: v1, kind: ConfigMap, name: kafka}', map).readiness),
    /names the ConfigMap "default\/kafka", which is not there: there is a ConfigMap "knative-eventing\/kafka", or correct this$/,
  )
})

t.test(
  'a ConfigMap or Secret that is at fault, or there twice, is the fault of its Broker',
  async (t) => {
    const config = configMapYaml({ 'auth.secret.ref.name': 'login' })
    const secret = secretYaml({ protocol: 'PLAINTEXT' })
    const broken = config.replace('\ndata:', '\ndta:')
    const table: readonly (readonly [documents: readonly string[], message: RegExp])[] = [
      [
        [config, config, secret],
        /^DuplicateName: 2 documents define the ConfigMap default\/kafka: a\.yaml:8, a\.yaml:13; keep one$/,
      ],
      [[config, secret, secret], /^DuplicateName: 2 documents define the Secret default\/login: /],
      [[broken], /^Invalid: a\.yaml:11: dta unknown field/],
      [
        [config, secret.replace('stringData:', 'strings:')],
        /^Invalid: a\.yaml:16: has an unknown field; known here: apiVersion, /,
      ],
    ]
    for (const [documents, message] of table) {
      t.match(describe(brokerOf(brokerYaml({ spec: CONFIG }), ...documents).readiness), message)
    }
  },
)

t.test('several Brokers may have one ConfigMap, and each is told its faults', async (t) => {
  const brokers = brokersOf([
    brokerYaml({ name: 'a', spec: CONFIG }),
    brokerYaml({ name: 'b', spec: CONFIG }),
    brokerYaml({ name: 'c' }),
    configMapYaml({ 'default.topic.partitions': '0' }),
  ])

  const [a, b, c] = brokers.map(({ readiness }) => describe(readiness))
  t.match(a, /partitions/)
  t.equal(a, b)
  t.equal(c, 'Ready')
})

t.test('what a Secret says', async (t) => {
  const table: readonly (readonly [secret: Strings, expected: KafkaSecurity])[] = [
    [{ protocol: 'PLAINTEXT', password: 'unused', 'ca.crt': 'unused' }, { protocol: 'PLAINTEXT' }],
    [
      { protocol: 'SASL_PLAINTEXT', ...LOGIN, 'user.crt': 'unused' },
      { protocol: 'SASL_PLAINTEXT', sasl: { mechanism: 'PLAIN', ...LOGIN } },
    ],
    [
      { protocol: 'SASL_PLAINTEXT\n', 'sasl.mechanism': 'SCRAM-SHA-256\n', ...LOGIN },
      { protocol: 'SASL_PLAINTEXT', sasl: { mechanism: 'SCRAM-SHA-256', ...LOGIN } },
    ],
    [
      { protocol: 'SASL_SSL', 'sasl.mechanism': 'SCRAM-SHA-512', ...LOGIN, 'ca.crt': CERTIFICATE },
      { protocol: 'SASL_SSL', sasl: { mechanism: 'SCRAM-SHA-512', ...LOGIN }, ca: CERTIFICATE },
    ],
    [
      { protocol: 'SASL_SSL', ...LOGIN, 'user.crt': CERTIFICATE, 'user.key': KEY },
      {
        protocol: 'SASL_SSL',
        sasl: { mechanism: 'PLAIN', ...LOGIN },
        certificate: CERTIFICATE,
        key: KEY,
      },
    ],
    [{ protocol: 'SSL', 'user.skip': 'true' }, { protocol: 'SSL' }],
    [
      { protocol: 'SSL', 'user.skip': 'True\n', 'user.crt': 'unused', 'ca.crt': CERTIFICATE },
      { protocol: 'SSL', ca: CERTIFICATE },
    ],
    [
      {
        protocol: 'SSL',
        'user.skip': 'false',
        'ca.crt': `a root\n${CERTIFICATE}\n${CERTIFICATE}\n`,
        'user.crt': `${CERTIFICATE}\n${CERTIFICATE}\n`,
        'user.key': KEY,
      },
      {
        protocol: 'SSL',
        ca: `a root\n${CERTIFICATE}\n${CERTIFICATE}\n`,
        certificate: `${CERTIFICATE}\n${CERTIFICATE}\n`,
        key: KEY,
      },
    ],
    [
      { protocol: 'SASL_PLAINTEXT', user: 'ü "x"', password: '  pass word\t🔑 ' },
      {
        protocol: 'SASL_PLAINTEXT',
        sasl: { mechanism: 'PLAIN', user: 'ü "x"', password: '  pass word\t🔑 ' },
      },
    ],
  ]
  for (const [secret, expected] of table) {
    const { readiness, kafka } = secured(secretYaml(secret))
    t.equal(describe(readiness), 'Ready')
    t.strictSame(kafka, { ...DEFAULT_KAFKA_SETTINGS, security: expected })
    t.strictSame(structuredClone(kafka), kafka, 'crosses threads')
  }
})

t.test('a Secret that gives no way in makes its Broker not Ready', async (t) => {
  const sasl = { protocol: 'SASL_PLAINTEXT', ...LOGIN }
  const ssl = { protocol: 'SSL', 'user.crt': CERTIFICATE, 'user.key': KEY }
  const entry = (name: string) => `a\\.yaml:16: stringData(\\["${name}"\\]|\\.${name}) `
  const table: readonly (readonly [secret: Strings, name: string, message: RegExp])[] = [
    [{}, 'protocol', /is missing: one of PLAINTEXT, SASL_PLAINTEXT, SSL, SASL_SSL$/],
    [{ protocol: '' }, 'protocol', /must not be empty: one of PLAINTEXT,/],
    [{ protocol: 'sasl_ssl' }, 'protocol', /must be one of PLAINTEXT, .*, SASL_SSL$/],
    [{ ...LOGIN, 'tls.enabled': 'true' }, 'protocol', /is missing/],
    [{ ...sasl, 'sasl.mechanism': 'GSSAPI' }, 'sasl.mechanism', /must be one of PLAIN, SCRAM-/],
    [{ ...sasl, 'sasl.mechanism': '' }, 'sasl.mechanism', /must be one of PLAIN, SCRAM-/],
    [
      { ...sasl, 'sasl.mechanism': 'OAUTHBEARER' },
      'sasl.mechanism',
      /^NotSupported: .*must be one of .*; OAUTHBEARER is not supported$/,
    ],
    [{ protocol: 'SASL_PLAINTEXT', password: 'x' }, 'user', /is missing: SASL needs it$/],
    [{ protocol: 'SASL_SSL', user: 'x' }, 'password', /is missing: SASL needs it$/],
    [{ ...sasl, password: '' }, 'password', /must not be empty: SASL needs it$/],
    [
      { ...sasl, password: 'x\n' },
      'password',
      /must not contain a line break: encode it with printf/,
    ],
    [{ ...sasl, user: 'x\0y' }, 'user', /must not contain a line break/],
    [{ ...ssl, 'ca.crt': '' }, 'ca.crt', /has no certificates in PEM, or one that cannot be read$/],
    [{ ...ssl, 'ca.crt': 'MIIB' }, 'ca.crt', /has no certificates in PEM/],
    [{ ...ssl, 'ca.crt': KEY }, 'ca.crt', /has no certificates in PEM/],
    [
      { ...ssl, 'ca.crt': CERTIFICATE.replace('MIIB', 'AAAA') },
      'ca.crt',
      /or one that cannot be read/,
    ],
    [
      { ...ssl, 'ca.crt': `${CERTIFICATE}\n${CERTIFICATE.slice(0, 200)}` },
      'ca.crt',
      /or one that cannot be read/,
    ],
    [
      { protocol: 'SSL' },
      'user.crt',
      /is missing: add it, or "user\.skip" with the value true to connect without a client certificate/,
    ],
    [
      { protocol: 'SSL', 'user.crt': CERTIFICATE },
      'user.key',
      /is missing: add it, or "user\.skip"/,
    ],
    [{ protocol: 'SSL', 'user.key': KEY }, 'user.crt', /is missing: add it, or "user\.skip"/],
    [{ ...LOGIN, protocol: 'SASL_SSL', 'user.key': KEY }, 'user.crt', /is missing: add it/],
    [{ ...ssl, 'user.skip': 'yes' }, 'user.skip', /must be true or false$/],
    [{ ...ssl, 'user.crt': 'x' }, 'user.crt', /has no certificate in PEM, or one that cannot be/],
    [{ ...ssl, 'user.key': 'x' }, 'user.key', /has no private key in PEM that can be read without/],
    [{ ...ssl, 'user.key': ENCRYPTED_KEY }, 'user.key', /can be read without a passphrase$/],
    [
      { ...ssl, 'user.key': OTHER_KEY },
      'user.key',
      /is not the key of the certificate in "user\.crt"$/,
    ],
  ]
  for (const [secret, name, message] of table) {
    const { readiness, kafka } = secured(secretYaml(secret))
    t.match(describe(readiness), message)
    t.match(describe(readiness), new RegExp(entry(name.replace('.', '\\.'))))
    t.strictSame(kafka, DEFAULT_KAFKA_SETTINGS, 'no way in is taken instead')
  }
})

t.test('data is base64, and gives way to stringData', async (t) => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const wrapped = base64(CERTIFICATE).replace(/.{60}/g, '$&\n')
  const secret = (fields: object) =>
    `apiVersion: v1\nkind: Secret\nmetadata: {name: login}\ntype: Opaque\nimmutable: true\n${JSON.stringify(fields).slice(1, -1)}\n`
      .replace('"data":', 'data: ')
      .replace(',"stringData":', '\nstringData: ')
  const good = {
    protocol: base64('SASL_SSL'),
    user: base64('sluice'),
    password: base64('old'),
    'ca.crt': wrapped,
    'user.p12': Buffer.from([0xff, 0xfe]).toString('base64'),
  }

  const { readiness, kafka } = secured(secret({ data: good, stringData: { password: 'new' } }))
  t.equal(describe(readiness), 'Ready')
  t.strictSame(kafka.security, {
    protocol: 'SASL_SSL',
    sasl: { mechanism: 'PLAIN', user: 'sluice', password: 'new' },
    ca: CERTIFICATE,
  })
  for (const wrong of ['plain text', 'YWJ', 'YWJj ', 'YW-_', '=', '====']) {
    const found = describe(secured(secret({ data: { ...good, password: wrong } })).readiness)
    t.match(
      found,
      /^Invalid: a\.yaml:18: data has an entry that is not base64: encode it, or write/,
    )
  }
  const latin1 = Buffer.from('ü', 'latin1').toString('base64')
  t.match(
    describe(secured(secret({ data: { ...good, password: latin1 } })).readiness),
    /^Invalid: a\.yaml:18: data\.password is not UTF-8 text$/,
  )
  t.match(
    describe(secured(secret({ data: { ...good, 'ca.crt': latin1 } })).readiness),
    /data\["ca\.crt"\] is not UTF-8 text/,
  )
  t.equal(
    describe(secured(secret({ data: null, stringData: { protocol: 'PLAINTEXT' } })).readiness),
    'Ready',
  )
})

t.test('a Secret is looked for where its ConfigMap is', async (t) => {
  const broker = brokerYaml({
    spec: '  config: {apiVersion: v1, kind: ConfigMap, name: kafka, namespace: shared}',
  })
  const config = configMapYaml({ 'auth.secret.ref.name': 'login' }, 'kafka, namespace: shared')
  const secret = secretYaml({ protocol: 'PLAINTEXT' })

  t.match(
    describe(brokerOf(broker, config, secret).readiness),
    /^SecretNotFound: .*"shared\/login", which is not there: there is a Secret "default\/login"/,
  )
  t.equal(
    describe(
      brokerOf(broker, config, secret.replace('login', 'login, namespace: shared')).readiness,
    ),
    'Ready',
  )
})

t.test('kafka.eventing.knative.dev/external.topic is the name of a topic', async (t) => {
  const at = (topic: string) =>
    brokerOf(
      brokerYaml({
        annotations: `kafka.eventing.knative.dev/external.topic: ${JSON.stringify(topic)}`,
      }),
    )
  for (const topic of ['orders', 'A.b_c-1', 'x'.repeat(249), '...']) {
    t.equal(describe(at(topic).readiness), 'Ready')
    t.equal(at(topic).kafka.externalTopic, topic)
  }
  for (const topic of ['', '.', '..', 'a b', 'a/b', 'ü', 'a\n', 'x'.repeat(250)]) {
    t.match(
      describe(at(topic).readiness),
      /^Invalid: a\.yaml:5: metadata\.annotations\["kafka\.eventing\.knative\.dev\/external\.topic"\] must be the name of a topic: letters, digits, "\.", "_" and "-", at most 249/,
    )
  }
  t.match(describe(at('x'.repeat(250)).readiness), /at most 249; it has 250$/)
})

t.test('an external topic counts beside a ConfigMap', async (t) => {
  const broker = brokerYaml({
    annotations: 'kafka.eventing.knative.dev/external.topic: orders',
    spec: CONFIG,
  })

  const { kafka } = brokerOf(broker, configMapYaml({ 'bootstrap.servers': 'a:1' }))

  t.match(kafka, { externalTopic: 'orders', bootstrapServers: ['a:1'] })
})

t.test('a Broker whose topics would have too long names is not Ready', async (t) => {
  const named = (length: number) => brokerOf(brokerYaml({ name: 'n'.repeat(length) }))
  const limit = 249 - 'sluice-dead-letters-default-'.length

  t.equal(describe(named(limit).readiness), 'Ready')
  t.match(
    describe(named(limit + 2).readiness),
    /^Invalid: a\.yaml:4: metadata\.name is too long by 2: the name of its topic "sluice-dead-letters-default-n+…" may have 249 characters$/,
  )
  const [embedded] = brokersOf([brokerYaml({ name: 'n'.repeat(limit + 2) })], 'embedded')
  t.equal(embedded && describe(embedded.readiness), 'Ready')
})

t.test('Brokers whose topics would have the same name are not Ready', async (t) => {
  const documents = [
    brokerYaml({ name: 'b-c\n  namespace: a' }),
    brokerYaml({ name: 'c\n  namespace: a-b' }),
    brokerYaml({ name: 'c\n  namespace: a' }),
  ]

  const both =
    'SameTopic: the topics and groups of the Brokers a/b-c and a-b/c would have the same names, such as knative-broker-a-b-c: rename one'
  t.strictSame(
    brokersOf(documents).map(({ readiness }) => describe(readiness)),
    [both, both, 'Ready'],
  )
  t.ok(brokersOf(documents, 'embedded').every(({ readiness }) => readiness.ready))
})

t.test('sluice.dev/start: knative-group', async (t) => {
  const startOf = (start: string) => {
    const text = `${brokerYaml()}---\n${triggerYaml({ annotations: `sluice.dev/start: ${start}` })}`
    return parseResources('a.yaml', text, new Map(), 'kafka').snapshot.triggers[0]!
  }

  t.match(startOf('knative-group'), { start: 'knative-group', readiness: { ready: true } })
  t.match(
    describe(startOf('group').readiness),
    /must be latest, earliest, knative-group, or a time/,
  )
})

t.test('embedded: nothing of this is looked at', async (t) => {
  const documents = [
    brokerYaml({
      annotations:
        'kafka.eventing.knative.dev/external.topic: "no topic", eventing.knative.dev/broker.class: Kafka',
      spec: CONFIG,
    }),
    brokerYaml({ name: 'b', spec: '  config: {apiVersion: v9, kind: Whatever}' }),
    configMapYaml({ 'default.topic.partitions': '0', 'auth.secret.ref.name': 'nope' }),
    'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nnonsense: 5\n',
  ]

  const { snapshot, faults, ignored } = parseResources('a.yaml', documents.join('---\n'))

  t.strictSame(
    snapshot.brokers.map(({ readiness, kafka }) => [describe(readiness), kafka]),
    [
      ['Ready', DEFAULT_KAFKA_SETTINGS],
      ['Ready', DEFAULT_KAFKA_SETTINGS],
    ],
  )
  t.strictSame(faults, [])
  t.strictSame(ignored, ['a.yaml: Secret of v1, "x", is not used here'])
})
