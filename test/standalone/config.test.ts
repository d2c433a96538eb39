import t from 'tap'
import { readStandaloneConfig } from '../../services/standalone/config.ts'

t.test('nothing set is a working configuration on loopback', (t) => {
  const config = readStandaloneConfig({})

  t.match(config, { PROFILE: 'embedded', PORT: 8080, HOST: '127.0.0.1', ADMIN_HOST: '127.0.0.1' })
  t.equal(config.ADMIN_TOKEN, undefined)
  t.equal(config.KAFKA_BROKERS, undefined)
  t.end()
})

t.test('another profile is refused, in words that say which there are', (t) => {
  t.throws(() => readStandaloneConfig({ PROFILE: 'redis' }), {
    message: /PROFILE is "redis": expected embedded, kafka$/,
  })
  t.end()
})

t.test('settings that demand something of each other are checked', (t) => {
  t.throws(() => readStandaloneConfig({ ADMIN_HOST: '0.0.0.0' }), { message: /ADMIN_TOKEN/ })
  t.end()
})
