import t from 'tap'
import { readDispatcherConfig } from '../../services/dispatcher/config.ts'

t.test('a dispatcher reads what it uses, and ignores the rest', (t) => {
  const config = readDispatcherConfig({ PROFILE: 'kafka', ADMIN_PORT: '1', PORT: 'none' })

  t.match(config, { PROFILE: 'kafka', ADMIN_PORT: 1, GRACE_PERIOD: 'PT10S' })
  t.notHas(config, { DATA_DIR: '.sluice' })
  t.end()
})

t.test('a dispatcher by itself has no embedded storage', (t) => {
  t.throws(() => readDispatcherConfig({ PROFILE: 'embedded' }), {
    message: /PROFILE is "embedded": expected kafka, because/,
  })
  t.throws(() => readDispatcherConfig({ PROFILE: 'kafka', ADMIN_HOST: '0.0.0.0' }), {
    message: /ADMIN_TOKEN is not set/,
  })
  t.end()
})
