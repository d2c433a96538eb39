import t from 'tap'
import Type from 'typebox'
import { checkSettings } from '#config/check-settings.ts'
import { onlyKafka } from '#config/only-kafka.ts'
import { parseServers } from '#config/parse-servers.ts'
import { type Environment, readConfig } from '#config/read-config.ts'
import { settings } from '#config/settings.ts'

const schema = Type.Object(settings)
const read = (env: Environment) => readConfig(schema, env, checkSettings)

for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
  t.test(`administration on ${host} needs no token`, (t) => {
    t.equal(read({ ADMIN_HOST: host }).ADMIN_HOST, host)
    t.end()
  })
}

for (const host of ['0.0.0.0', '::', '10.0.0.1', 'sluice.example', '127.0.0.1.example']) {
  t.test(`administration on ${host} needs a token`, (t) => {
    t.throws(() => read({ ADMIN_HOST: host }), {
      message: /ADMIN_TOKEN is not set: expected a bearer token/,
    })
    const ADMIN_TOKEN = 'correct-horse-battery'
    t.equal(read({ ADMIN_HOST: host, ADMIN_TOKEN }).ADMIN_TOKEN, ADMIN_TOKEN)
    t.end()
  })
}

t.test('a bad token is named without being shown', (t) => {
  for (const ADMIN_TOKEN of ['short', 'of two words, and long']) {
    const error = t.throws(() => read({ ADMIN_TOKEN })) as Error

    t.match(error.message, 'ADMIN_TOKEN is set (a secret, not shown): expected at least 16 letters')
    t.notMatch(error.message, ADMIN_TOKEN)
  }
  t.end()
})

t.test('a grace period beyond a day, which no timer can be trusted with, is refused', (t) => {
  t.equal(read({ GRACE_PERIOD: 'P1D' }).GRACE_PERIOD, 'P1D')
  t.throws(() => read({ GRACE_PERIOD: 'P30D' }), {
    message: /GRACE_PERIOD is "P30D": expected at most P1D$/,
  })
  t.end()
})

for (const [text, servers] of [
  ['kafka:9092', ['kafka:9092']],
  [' a.example:1, b_2:65535 ,[::1]:9092', ['a.example:1', 'b_2:65535', '[::1]:9092']],
] as const) {
  t.test(`KAFKA_BROKERS ${JSON.stringify(text)}`, (t) => {
    t.same(parseServers(read({ KAFKA_BROKERS: text }).KAFKA_BROKERS), servers)
    t.end()
  })
}

for (const text of ['kafka', 'kafka:', ':9092', 'a:1,', 'a:1;b:2', 'kafka://a:1', '::1:9092']) {
  t.test(`KAFKA_BROKERS ${JSON.stringify(text)} is refused`, (t) => {
    t.throws(() => read({ KAFKA_BROKERS: text }), {
      message: /KAFKA_BROKERS is .*: expected host:port, several of them separated by commas$/,
    })
    t.end()
  })
}

t.test('KAFKA_BROKERS with a port that does not exist is refused', (t) => {
  for (const text of ['a:0', 'a:1,b:65536']) {
    t.throws(() => read({ KAFKA_BROKERS: text }), { message: /expected ports from 1 to 65535$/ })
  }
  t.end()
})

t.test('KAFKA_BROKERS that is not set leaves it to the ConfigMaps', (t) => {
  t.equal(parseServers(read({}).KAFKA_BROKERS), undefined)
  t.equal(parseServers(read({ KAFKA_BROKERS: '' }).KAFKA_BROKERS), undefined)
  t.end()
})

t.test('KAFKA_LINGER_MS is 8, and 0 to 100', (t) => {
  t.equal(read({}).KAFKA_LINGER_MS, 8)
  t.equal(read({ KAFKA_LINGER_MS: '0' }).KAFKA_LINGER_MS, 0)
  for (const text of ['-1', '101', '2.5']) {
    t.throws(() => read({ KAFKA_LINGER_MS: text }), { message: /a whole number from 0 to 100$/ })
  }
  t.end()
})

t.test('a process of a shared storage refuses the embedded one, and says why', (t) => {
  const shared = Type.Object({ PROFILE: onlyKafka })

  t.equal(readConfig(shared, { PROFILE: 'kafka' }).PROFILE, 'kafka')
  t.throws(() => readConfig(shared, { PROFILE: 'embedded' }), {
    message: /PROFILE is "embedded": expected kafka, because .* one process, which npm start runs$/,
  })
  t.throws(() => readConfig(shared, {}), { message: /PROFILE is not set: expected kafka/ })
  t.end()
})
