import t from 'tap'
import { banner } from '#startup/banner.ts'
import { aBroker, aTrigger } from '../../dispatcher/harness.ts'

const facts = {
  name: 'Sluice',
  health: { state: 'ready', faults: [] },
  keptIn: '.sluice',
  ingressUrl: 'http://127.0.0.1:8080',
  adminUrl: 'http://127.0.0.1:8081',
} as const

t.test(
  'banner() names the addresses, each resource with its readiness, and a line to paste',
  async (t) => {
    const readiness = { ready: false, reason: 'Invalid', message: 'a typo' } as const
    const snapshot = {
      brokers: [aBroker()],
      triggers: [aTrigger('a'), aTrigger('b', { readiness })],
    }
    const samples = new Map([['todo', 'http://127.0.0.1:8090']])

    const text = banner({ ...facts, samples, snapshot })

    t.match(text, 'Sluice is ready. Events are kept in .sluice.')
    t.match(text, 'http://127.0.0.1:8080/<namespace>/<broker>')
    t.match(text, 'http://127.0.0.1:8081')
    t.match(text, 'http://127.0.0.1:8090')
    t.match(text, /Broker +default\/default +Ready\n/)
    t.match(text, /Trigger +default\/a +Ready\n/)
    t.match(text, /Trigger +default\/b +not Ready: Invalid: a typo/)
    t.match(text, 'curl -i http://127.0.0.1:8080/default/default')
  },
)

t.test('banner() says where a Ready Broker has its events', async (t) => {
  const snapshot = { brokers: [aBroker()], triggers: [] }
  const places = new Map([['default/default', 'topic events at kafka:9092']])

  const text = banner({ ...facts, keptIn: 'Kafka', snapshot, places })

  t.match(text, /Broker +default\/default +Ready, topic events at kafka:9092\n/)
})

t.test('banner() says that it waits, and what for', async (t) => {
  const snapshot = { brokers: [aBroker()], triggers: [] }
  const health = { state: 'starting', faults: [], warnings: ['Nothing at kafka:9092'] } as const

  const text = banner({ ...facts, health, keptIn: 'Kafka', snapshot })

  t.match(text, /^\nSluice is starting: Kafka does not answer yet\./)
  t.match(text, '\nNothing at kafka:9092\n')
})

t.test(
  'banner() shows no line to paste where no Broker is Ready, or there is no ingress',
  async (t) => {
    const { ingressUrl: _, ...dispatcher } = facts

    t.notMatch(banner({ ...facts, snapshot: { brokers: [], triggers: [] } }), 'curl')
    const text = banner({ ...dispatcher, snapshot: { brokers: [aBroker()], triggers: [] } })
    t.notMatch(text, 'curl')
    t.notMatch(text, 'Ingress')
    t.match(text, 'Administration  http://127.0.0.1:8081')
  },
)
