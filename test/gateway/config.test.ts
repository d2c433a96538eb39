import t from 'tap'
import { readGatewayConfig } from '../../services/gateway/config.ts'

t.test('a gateway reads what it uses, and ignores the rest', (t) => {
  const config = readGatewayConfig({ PROFILE: 'kafka', PORT: '1', SAMPLES: 'maybe' })

  t.match(config, { PROFILE: 'kafka', PORT: 1, KAFKA_LINGER_MS: 8 })
  t.notHas(config, { DATA_DIR: '.sluice' })
  t.end()
})

t.test('a gateway by itself has no embedded storage', (t) => {
  t.throws(() => readGatewayConfig({}), { message: /PROFILE is not set: expected kafka, because/ })
  t.throws(() => readGatewayConfig({ PROFILE: 'kafka', ADMIN_HOST: '0.0.0.0' }), {
    message: /ADMIN_TOKEN is not set/,
  })
  t.end()
})
