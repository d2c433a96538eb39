import t from 'tap'
import { closeDeadlineMs } from '../../services/standalone/close-deadline.ts'
import { readStandaloneConfig } from '../../services/standalone/config.ts'

t.test('nothing set is a working configuration on loopback', (t) => {
  const config = readStandaloneConfig({})

  t.match(config, { PROFILE: 'embedded', PORT: 8080, HOST: '127.0.0.1', ADMIN_HOST: '127.0.0.1' })
  t.equal(config.ADMIN_TOKEN, undefined)
  t.end()
})

t.test('another profile is refused, in words that say which there are', (t) => {
  t.throws(() => readStandaloneConfig({ PROFILE: 'kafka' }), {
    message: /PROFILE is "kafka": expected embedded$/,
  })
  t.end()
})

for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
  t.test(`administration on ${host} needs no token`, (t) => {
    t.equal(readStandaloneConfig({ ADMIN_HOST: host }).ADMIN_HOST, host)
    t.end()
  })
}

for (const host of ['0.0.0.0', '::', '10.0.0.1', 'sluice.example', '127.0.0.1.example']) {
  t.test(`administration on ${host} needs a token`, (t) => {
    t.throws(() => readStandaloneConfig({ ADMIN_HOST: host }), {
      message: /ADMIN_TOKEN is not set: expected a bearer token/,
    })
    const ADMIN_TOKEN = 'correct-horse-battery'
    t.equal(readStandaloneConfig({ ADMIN_HOST: host, ADMIN_TOKEN }).ADMIN_TOKEN, ADMIN_TOKEN)
    t.end()
  })
}

t.test('a bad token is named without being shown', (t) => {
  for (const ADMIN_TOKEN of ['short', 'of two words, and long']) {
    const error = t.throws(() => readStandaloneConfig({ ADMIN_TOKEN })) as Error

    t.match(error.message, 'ADMIN_TOKEN is set (a secret, not shown): expected at least 16 letters')
    t.notMatch(error.message, ADMIN_TOKEN)
  }
  t.end()
})

t.test('a grace period beyond a day, which no timer can be trusted with, is refused', (t) => {
  t.equal(readStandaloneConfig({ GRACE_PERIOD: 'P1D' }).GRACE_PERIOD, 'P1D')
  t.throws(() => readStandaloneConfig({ GRACE_PERIOD: 'P30D' }), {
    message: /GRACE_PERIOD is "P30D": expected at most P1D$/,
  })
  t.end()
})

t.test('closing may take the grace period of requests, that of deliveries, and a minute', (t) => {
  t.equal(closeDeadlineMs('PT2M'), 5 * 60_000)
  t.end()
})
