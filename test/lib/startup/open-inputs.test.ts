import t, { type Test } from 'tap'
import { openInputs } from '#startup/open-inputs.ts'
import { createLogger } from '#telemetry/logger.ts'
import { brokerYaml, triggerYaml } from '../../support/trigger-yaml.ts'

async function open(
  t: Test,
  more: { PROFILE: 'embedded' | 'kafka'; KAFKA_BROKERS?: string },
  broker = brokerYaml(),
) {
  const dir = t.testdir({
    eventing: {
      'all.yaml': `${broker}---\n${triggerYaml({ name: 'a', subscriber: '{uri: "http://x/"}' })}`,
    },
    schemas: { order: { '1.json': '{"$id": "https://example.com/order/1", "type": "object"}' } },
  })
  const opened = new AsyncDisposableStack()
  t.teardown(() => opened.disposeAsync())
  const inputs = await openInputs(
    {
      config: {
        ...more,
        EVENTING_DIR: `${dir}/eventing`,
        SCHEMAS_DIR: `${dir}/schemas`,
        SERVICES_FILE: `${dir}/services.yaml`,
      },
      env: {},
      logger: createLogger({ level: 'silent', name: 'test' }),
    },
    { traceAs: 'test' },
    opened,
  )
  return { inputs }
}

t.test('schemas, Brokers and Triggers as the files say; no tracing unless asked for', async (t) => {
  const { inputs } = await open(t, { PROFILE: 'embedded' })

  const { brokers, triggers } = inputs.triggers.snapshot()

  t.match(brokers, [{ key: 'default/default', readiness: { ready: true } }])
  t.match(triggers, [{ key: 'default/a', readiness: { ready: true } }])
  t.equal(inputs.tracing, undefined)
  t.equal(inputs.schemas.compiled().schemas.length, 1)
})

t.test('on Kafka, a Broker needs to be somewhere', async (t) => {
  const nowhere = await open(t, { PROFILE: 'kafka' })
  const somewhere = await open(t, { PROFILE: 'kafka', KAFKA_BROKERS: 'kafka:9092' })

  t.match(nowhere.inputs.triggers.snapshot().brokers, [{ readiness: { ready: false } }])
  t.match(somewhere.inputs.triggers.snapshot().brokers, [{ readiness: { ready: true } }])
})

t.test('a ConfigMap that is missing matters on Kafka only', async (t) => {
  const broker = brokerYaml({ spec: '  config: {apiVersion: v1, kind: ConfigMap, name: nope}' })
  const embedded = await open(t, { PROFILE: 'embedded' }, broker)
  const kafka = await open(t, { PROFILE: 'kafka', KAFKA_BROKERS: 'kafka:9092' }, broker)

  t.match(embedded.inputs.triggers.snapshot().brokers, [{ readiness: { ready: true } }])
  t.match(kafka.inputs.triggers.snapshot().brokers, [
    { readiness: { reason: 'ConfigMapNotFound' } },
  ])
})
