import t from 'tap'
import { banner } from '../../services/standalone/banner.ts'
import { aBroker, aTrigger } from '../dispatcher/harness.ts'

const facts = {
  ingressUrl: 'http://127.0.0.1:8080',
  adminUrl: 'http://127.0.0.1:8081',
  dataDir: '.sluice',
  statuses: [],
  samples: new Map([['todo', 'http://127.0.0.1:8090']]),
}

t.test(
  'banner() names the addresses, each resource with its readiness, and a line to paste',
  async (t) => {
    const readiness = { ready: false, reason: 'Invalid', message: 'a typo' } as const
    const snapshot = {
      brokers: [aBroker()],
      triggers: [aTrigger('a'), aTrigger('b', { readiness })],
    }
    const text = banner({ ...facts, snapshot })
    t.match(text, 'http://127.0.0.1:8080/<namespace>/<broker>')
    t.match(text, 'http://127.0.0.1:8081')
    t.match(text, 'http://127.0.0.1:8090')
    t.match(text, /Broker +default\/default +Ready/)
    t.match(text, /Trigger +default\/a +Ready/)
    t.match(text, /Trigger +default\/b +not Ready: Invalid: a typo/)
    t.match(text, 'curl -i http://127.0.0.1:8080/default/default')
  },
)

t.test('banner() shows no line to paste where no Broker is Ready', async (t) => {
  t.notMatch(banner({ ...facts, snapshot: { brokers: [], triggers: [] } }), 'curl')
})
