import t from 'tap'
import { requireServers } from '#startup/require-servers.ts'
import type { Broker, Snapshot } from '#triggers/trigger.ts'
import { aBroker, aTrigger } from '../../dispatcher/harness.ts'

/** A source in the test's hand, and what was logged. */
function source(snapshot: Snapshot) {
  const listeners = new Set<(snapshot: Snapshot) => void>()
  const logged: unknown[] = []
  const checked = requireServers(
    {
      snapshot: () => snapshot,
      onChange: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      close: async () => void listeners.clear(),
    },
    { error: (fields: unknown) => void logged.push(fields) },
  )
  const change = (next: Snapshot) => {
    snapshot = next
    for (const listener of listeners) listener(next)
  }
  return { checked, change, logged, listeners }
}

const nowhere = aBroker()
const somewhere: Broker = {
  ...aBroker(),
  key: 'default/somewhere',
  kafka: { ...nowhere.kafka, bootstrapServers: ['kafka:9092'] },
}
const readiness = { ready: false, reason: 'Invalid', message: 'a typo' } as const

t.test('a Broker without servers, and its Triggers, are not Ready, and say what to set', (t) => {
  const elsewhere = { ...aTrigger('elsewhere'), broker: somewhere.key }
  const faulty = aTrigger('faulty', { readiness })
  const { checked, logged } = source({
    brokers: [nowhere, somewhere],
    triggers: [aTrigger('here'), faulty, elsewhere],
  })

  const { brokers, triggers } = checked.snapshot()

  t.match(brokers[0]?.readiness, {
    ready: false,
    reason: 'NoBootstrapServers',
    message: /set KAFKA_BROKERS .*, or "bootstrap\.servers" in the ConfigMap/,
  })
  t.equal(brokers[1], somewhere)
  t.match(triggers[0]?.readiness, {
    ready: false,
    reason: 'BrokerNotReady',
    message: /Broker default\/default .*KAFKA_BROKERS/,
  })
  t.equal(triggers[1], faulty, 'its own fault is what it shows')
  t.equal(triggers[2], elsewhere)
  t.equal(checked.snapshot(), checked.snapshot(), 'checked once')
  t.match(logged, [{ broker: 'default/default' }])
  t.end()
})

t.test('a Broker with a fault of its own keeps it', (t) => {
  const broken = { ...nowhere, readiness }
  const { checked, logged } = source({ brokers: [broken], triggers: [] })

  t.equal(checked.snapshot().brokers[0], broken)
  t.same(logged, [])
  t.end()
})

t.test('changes are checked too, and each Broker is logged when it turns up', async (t) => {
  const { checked, change, logged, listeners } = source({ brokers: [nowhere], triggers: [] })
  const seen: (boolean | undefined)[] = []
  const unfollow = checked.onChange(({ brokers }) => seen.push(brokers[0]?.readiness.ready))
  checked.snapshot()

  change({ brokers: [nowhere], triggers: [] })
  change({ brokers: [somewhere], triggers: [] })
  change({ brokers: [nowhere], triggers: [] })
  unfollow()
  change({ brokers: [somewhere], triggers: [] })

  t.same(seen, [false, true, false])
  t.equal(logged.length, 2)
  checked.onChange(() => undefined)
  await checked.close()
  t.equal(listeners.size, 0)
})
