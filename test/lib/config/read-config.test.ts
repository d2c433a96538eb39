import t from 'tap'
import Type from 'typebox'
import { ConfigError } from '#config/config-error.ts'
import { expectedValue } from '#config/expected-value.ts'
import { readConfig } from '#config/read-config.ts'

const schema = Type.Object({
  PORT: Type.Integer({ default: 8080, minimum: 0, maximum: 65535 }),
  MODE: Type.Enum(['on', 'off'], { default: 'on' }),
  WAIT: Type.String({ default: 'PT10S', format: 'duration' }),
  FOLDER: Type.String(),
  TOKEN: Type.Optional(Type.String({ title: 'eight letters', minLength: 8, writeOnly: true })),
})

t.test('readConfig() coerces, applies defaults and drops what the schema does not know', (t) => {
  const config = readConfig(schema, { PORT: '0', FOLDER: 'x', MODE: '', HOME: '/root' })

  t.same(config, { PORT: 0, MODE: 'on', WAIT: 'PT10S', FOLDER: 'x' })
  t.end()
})

t.test('readConfig() names every wrong variable in one message, and no secret', (t) => {
  const env = { PORT: '65536', MODE: 'ON', WAIT: '10 seconds', TOKEN: 'hunter2' }

  const error = t.throws(() => readConfig(schema, env), ConfigError) as ConfigError

  t.equal(
    error.message,
    [
      'Cannot start: 5 environment variables are wrong',
      '  FOLDER is not set: expected text',
      '  PORT is "65536": expected a whole number from 0 to 65535',
      '  MODE is "ON": expected on, off',
      '  WAIT is "10 seconds": expected an ISO 8601 duration such as PT10S',
      '  TOKEN is set (a secret, not shown): expected eight letters',
    ].join('\n'),
  )
  t.end()
})

t.test('readConfig() puts a demand beside the other faults, on values that are right', (t) => {
  let seen: unknown
  const demands = (values: unknown) => {
    seen = values
    return [{ variable: 'TOKEN', expected: 'a token' }]
  }

  t.throws(() => readConfig(schema, { PORT: 'http', FOLDER: 'x' }, demands), {
    message:
      'Cannot start: 2 environment variables are wrong\n' +
      '  PORT is "http": expected a whole number from 0 to 65535\n' +
      '  TOKEN is not set: expected a token',
  })
  t.same(seen, { MODE: 'on', WAIT: 'PT10S', FOLDER: 'x' })
  t.end()
})

t.test('readConfig() shows the beginning of a long value only', (t) => {
  const error = t.throws(() => readConfig(schema, { FOLDER: 'x', MODE: 'o'.repeat(10_000) }))

  t.ok((error as Error).message.length < 200)
  t.end()
})

t.test('expectedValue() says what a variable takes', (t) => {
  t.equal(expectedValue(Type.Integer()), 'a whole number')
  t.equal(expectedValue(Type.Integer({ minimum: 1 })), 'a whole number of at least 1')
  t.equal(expectedValue(Type.String()), 'text')
  t.end()
})
