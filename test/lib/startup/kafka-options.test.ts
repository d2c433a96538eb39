import t from 'tap'
import { KafkaClusters } from '#kafka/kafka-clusters.ts'
import { connectKafka } from '#kafka/kafkajs/connect-kafka.ts'
import { kafkaOptions } from '#startup/kafka-options.ts'
import { kafkaPlaces } from '#startup/kafka-places.ts'
import { systemClock } from '#time/system-clock.ts'
import type { Broker } from '#triggers/trigger.ts'
import { aBroker } from '../../dispatcher/harness.ts'

t.test('kafkaOptions() is what the environment says about Kafka', (t) => {
  const config = { KAFKA_LINGER_MS: 7, MAX_EVENT_BYTES: 2048 }

  t.same(kafkaOptions({ ...config, KAFKA_BROKERS: 'a:1, b:2' }), {
    servers: ['a:1', 'b:2'],
    lingerMs: 7,
    maxEventBytes: 2048,
  })
  t.equal(kafkaOptions(config).servers, undefined)
  t.end()
})

t.test('kafkaPlaces() is topic and servers of each Ready Broker', async (t) => {
  const clusters = new KafkaClusters({
    servers: undefined,
    clientId: 'test',
    lingerMs: 0,
    clock: systemClock,
    connect: connectKafka,
  })
  t.teardown(() => clusters.close())
  const one = aBroker()
  const kafka = { ...one.kafka, bootstrapServers: ['a:1', 'b:2'] }
  const brokers: Broker[] = [
    { ...one, kafka },
    { ...one, key: 'default/other', kafka: { ...kafka, externalTopic: 'theirs' } },
    {
      ...one,
      key: 'default/broken',
      readiness: { ready: false, reason: 'Invalid', message: 'a typo' },
    },
  ]
  clusters.apply(brokers)

  const places = kafkaPlaces(clusters, { brokers, triggers: [] })

  t.same(
    [...places],
    [
      ['default/default', 'topic knative-broker-default-default at a:1,b:2'],
      ['default/other', 'topic theirs at a:1,b:2'],
    ],
  )
})
