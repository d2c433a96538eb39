import t from 'tap'
import { parseResources } from '#triggers/files/parse-resources.ts'
import type { Trigger } from '#triggers/trigger.ts'
import { CertificateAuthority } from '../../../support/certificate-authority.ts'
import { brokerYaml, triggerYaml } from '../../../support/trigger-yaml.ts'

const CA = new CertificateAuthority('one').cert
const OTHER = new CertificateAuthority('another').cert
const services = new Map([['billing', 'https://127.0.0.1:9001']])
const BILLING = 'ref: {apiVersion: v1, kind: Service, name: billing}'

function trigger(parts: Parameters<typeof triggerYaml>[0], broker = brokerYaml()): Trigger {
  const { snapshot, faults } = parseResources(
    'a.yaml',
    [triggerYaml(parts), broker].join('---\n'),
    services,
  )
  const [only] = snapshot.triggers
  if (only === undefined) throw new Error(faults.join('\n'))
  return only
}

function readiness({ readiness }: Trigger): string {
  return readiness.ready ? 'Ready' : `${readiness.reason}: ${readiness.message}`
}

t.test('delivery.format: that of the options which count', async (t) => {
  const json = brokerYaml({ spec: '  delivery: {format: json}' })
  const binary = brokerYaml({ spec: '  delivery: {format: binary}' })
  const table: readonly (readonly [spec: string, broker: string, format: string])[] = [
    ['', brokerYaml(), 'binary'],
    ['  delivery: {format: binary}', brokerYaml(), 'binary'],
    ['  delivery: {format: json}', brokerYaml(), 'json'],
    ['', json, 'json'],
    ['  delivery: {}', json, 'json'],
    ['  delivery: {retry: 1}', json, 'binary'],
    ['  delivery: {format: json}', binary, 'json'],
    ['  delivery: {format: binary}', json, 'binary'],
  ]
  for (const [spec, broker, format] of table) {
    const found = trigger({ spec }, broker)
    t.equal(readiness(found), 'Ready', spec)
    t.equal(found.delivery.format, format, `${spec}, ${broker}`)
  }
})

t.test('delivery.format: a wrong one makes the Trigger not Ready', async (t) => {
  const table: Record<string, RegExp> = {
    xml: /^Invalid: a\.yaml:8: spec\.delivery\.format must be one of binary, json, not "xml"/,
    JSON: /must be one of binary, json, not "JSON"/,
    '""': /must be one of binary, json, not ""/,
    '5': /format must be a string/,
  }
  for (const [format, message] of Object.entries(table)) {
    const spec = `  delivery: {format: ${format}}`
    t.match(readiness(trigger({ spec })), message, format)
    t.match(readiness(trigger({}, brokerYaml({ spec }))), /^BrokerNotReady: /, format)
  }
})

t.test('annotations: how events are written into requests', async (t) => {
  const defaults = { maxHeaderBytes: 8192, attributeEncoding: 'percent' }
  const ofBroker = 'sluice.dev/max-header-bytes: 16Ki, sluice.dev/attribute-encoding: raw'
  const table: readonly (readonly [trigger: string, broker: string, expected: object])[] = [
    ['', '', defaults],
    ['sluice.dev/max-header-bytes: "100"', '', { ...defaults, maxHeaderBytes: 100 }],
    ['sluice.dev/max-header-bytes: 64Ki', '', { ...defaults, maxHeaderBytes: 65_536 }],
    ['sluice.dev/attribute-encoding: raw', '', { ...defaults, attributeEncoding: 'raw' }],
    ['sluice.dev/attribute-encoding: percent', '', defaults],
    ['', ofBroker, { maxHeaderBytes: 16_384, attributeEncoding: 'raw' }],
    [
      'sluice.dev/attribute-encoding: percent',
      ofBroker,
      { maxHeaderBytes: 16_384, attributeEncoding: 'percent' },
    ],
    ['sluice.dev/max-header-bytes: 1Ki', ofBroker, { maxHeaderBytes: 1024 }],
  ]
  for (const [annotations, broker, expected] of table) {
    const found = trigger({ annotations }, brokerYaml({ annotations: broker }))
    t.equal(readiness(found), 'Ready', annotations)
    t.match(found, expected, `${annotations}, ${broker}`)
  }
})

t.test('annotations: a wrong one makes the Trigger not Ready', async (t) => {
  const table: Record<string, RegExp> = {
    'sluice.dev/max-header-bytes: "0"': /max-header-bytes"\] must be more than nothing/,
    'sluice.dev/max-header-bytes: 8KB': /Cannot read "8KB" as a number of bytes/,
    'sluice.dev/max-header-bytes: 8192': /must be a string: put it in quotes/,
    'sluice.dev/attribute-encoding: none': /must be one of percent, raw, not "none"/,
  }
  for (const [annotations, message] of Object.entries(table)) {
    t.match(readiness(trigger({ annotations })), message, annotations)
    t.match(readiness(trigger({}, brokerYaml({ annotations }))), /^BrokerNotReady: /, annotations)
  }
})

t.test('compatibility knative-kafka: no structured mode, and attributes raw', async (t) => {
  const spec = '  delivery: {format: json}'
  const knative = 'sluice.dev/compatibility: knative-kafka'
  const expected = { attributeEncoding: 'raw', delivery: { format: 'binary' } }

  t.match(trigger({ annotations: knative, spec }), expected)
  t.match(trigger({ spec }, brokerYaml({ annotations: knative })), expected)
  t.match(trigger({}, brokerYaml({ annotations: knative, spec })), expected)
  t.match(
    trigger(
      { annotations: 'sluice.dev/compatibility: spec', spec },
      brokerYaml({ annotations: knative }),
    ),
    { attributeEncoding: 'percent', delivery: { format: 'json' } },
  )
  t.match(trigger({ annotations: `${knative}, sluice.dev/attribute-encoding: percent` }), {
    attributeEncoding: 'percent',
  })
})

t.test('CACerts of the subscriber', async (t) => {
  const uri = 'uri: "https://sink/"'
  const table: readonly (readonly [subscriber: string, caCerts: string | undefined])[] = [
    [`{${uri}}`, undefined],
    [`{${uri}, CACerts: ""}`, undefined],
    [`{${uri}, CACerts: null}`, undefined],
    [`{${uri}, CACerts: ${JSON.stringify(CA)}}`, CA],
    [`{${uri}, CACerts: ${JSON.stringify(`# ours\n\n${CA}\n${OTHER}# end`)}}`, CA + OTHER],
    [`{${uri}, CACerts: ${JSON.stringify(CA.replaceAll('\n', '\r\n'))}}`, CA],
    [`{${BILLING}, CACerts: ${JSON.stringify(CA)}}`, CA],
    [`{${BILLING}, uri: /x, CACerts: ${JSON.stringify(CA)}}`, CA],
    [`{uri: "http://sink/", CACerts: ${JSON.stringify(CA)}}`, CA],
    [`\n    ${uri}\n    CACerts: |\n      ${CA.trim().replaceAll('\n', '\n      ')}`, CA],
  ]
  for (const [subscriber, caCerts] of table) {
    const found = trigger({ subscriber })
    t.equal(readiness(found), 'Ready', subscriber)
    t.equal(found.subscriberCaCerts, caCerts, subscriber)
    t.equal(found.delivery.deadLetterSinkCaCerts, undefined, 'is not that of the sink')
  }
})

t.test('CACerts of the dead letter sink belong to the options that count', async (t) => {
  const sink = (caCerts: string) =>
    `  delivery: {deadLetterSink: {uri: "https://dead/", CACerts: ${JSON.stringify(caCerts)}}}`
  const table: readonly (readonly [spec: string, broker: string, caCerts: string | undefined])[] = [
    [sink(CA), '', CA],
    ['', sink(CA), CA],
    [sink(OTHER), sink(CA), OTHER],
    ['  delivery: {retry: 1}', sink(CA), undefined],
    ['  delivery: {deadLetterSink: {uri: "https://dead/"}}', sink(CA), undefined],
  ]
  for (const [spec, ofBroker, caCerts] of table) {
    const found = trigger({ spec }, brokerYaml({ spec: ofBroker }))
    t.equal(readiness(found), 'Ready', spec)
    t.equal(found.delivery.deadLetterSinkCaCerts, caCerts, `${spec}, ${ofBroker}`)
    t.equal(found.subscriberCaCerts, undefined, 'are not those of the subscriber')
  }
})

t.test('CACerts that are none make the Trigger not Ready, and are not quoted', async (t) => {
  const cut = CA.slice(0, CA.length / 2)
  const damaged = CA.replace(/\n.{10}/, '\nAAAAAAAAAA')
  const key = new CertificateAuthority().issue({ commonName: 'x' }).key
  for (const pem of ['secret', cut, damaged, CA + cut, CA + damaged, key, ' ']) {
    const caCerts = `CACerts: ${JSON.stringify(pem)}`
    const ofSubscriber = readiness(trigger({ subscriber: `{uri: "https://x/", ${caCerts}}` }))
    const spec = `  delivery: {deadLetterSink: {uri: "https://x/", ${caCerts}}}`
    const what = 'has no certificates in PEM, or one that cannot be read'

    t.equal(ofSubscriber, `Invalid: a.yaml:7: spec.subscriber.CACerts ${what}`, pem)
    t.equal(
      readiness(trigger({ spec })),
      `Invalid: a.yaml:8: spec.delivery.deadLetterSink.CACerts ${what}`,
      pem,
    )
    t.match(readiness(trigger({}, brokerYaml({ spec }))), /^BrokerNotReady: .*CACerts/, pem)
  }
  t.match(
    readiness(trigger({ subscriber: '{uri: "https://x/", CACerts: [a]}' })),
    /CACerts must be a string, not a list/,
  )
})
