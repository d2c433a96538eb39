import t from 'tap'
import { deadLetterEvent } from '#delivery/dead-letter-event.ts'
import { transportFailure } from '#delivery/http/transport-failure.ts'
import { redactUrl } from '#delivery/redact-url.ts'
import { responseExtensions } from '#delivery/response-extensions.ts'
import { retryAfterMs } from '#delivery/retry-after.ts'
import { retryDelayMs } from '#delivery/retry-delay.ts'
import { checkAttributes } from '#events/check-attributes.ts'
import type { CloudEvent } from '#events/event.ts'
import type { Findings } from '#events/findings.ts'
import { forbiddenCharacter } from '#events/forbidden-character.ts'
import type { Delivery } from '#triggers/trigger.ts'
import { anEvent } from '../../support/an-event.ts'

const LONGEST = 2 ** 31 - 1

t.test('the delay before a retry', async (t) => {
  type Row = readonly [
    name: string,
    policy: Delivery['backoffPolicy'],
    delay: number,
    retry: number,
    asked: number | undefined,
    spec: number,
    kafka: number,
  ]
  const rows: readonly Row[] = [
    ['linear, first', 'linear', 200, 1, undefined, 200, 200],
    ['linear, third', 'linear', 200, 3, undefined, 200, 600],
    ['exponential, first', 'exponential', 200, 1, undefined, 400, 400],
    ['exponential, tenth', 'exponential', 200, 10, undefined, 204_800, 204_800],
    ['Retry-After longer', 'linear', 200, 1, 5000, 5000, 200],
    ['Retry-After shorter', 'exponential', 1000, 2, 3000, 4000, 4000],
    ['Retry-After above retryAfterMax', 'linear', 200, 1, 90_000, 60_000, 200],
    ['no delay', 'exponential', 0, 2000, undefined, 0, 0],
    ['no delay, Retry-After', 'linear', 0, 1, 1000, 1000, 0],
    ['beyond all bounds', 'exponential', 1000, 5000, undefined, LONGEST, LONGEST],
    ['linear beyond all bounds', 'linear', 1e12, 7, undefined, LONGEST, LONGEST],
  ]
  for (const [name, backoffPolicy, backoffDelayMs, retry, asked, spec, kafka] of rows) {
    const delivery = { backoffPolicy, backoffDelayMs, retryAfterMaxMs: 60_000 }
    t.equal(retryDelayMs(delivery, retry, asked, 'spec'), spec, `${name}: spec`)
    t.equal(retryDelayMs(delivery, retry, asked, 'knative-kafka'), kafka, `${name}: knative-kafka`)
  }
  const never = { backoffPolicy: 'linear', backoffDelayMs: 100, retryAfterMaxMs: 0 } as const
  t.equal(retryDelayMs(never, 1, 5000, 'spec'), 100, 'PT0S turns Retry-After off')
})

t.test('what Retry-After says', async (t) => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 0)
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    ['120', 120_000],
    ['9'.repeat(400), 1e13],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
    ['Sun Nov  6 08:49:37 1994', 37_000],
    ['Sun, 06 Nov 1994 08:48:00 GMT', 0],
    ['1.5', undefined],
    ['-3', undefined],
    ['', undefined],
    ['soon', undefined],
    ['Sunday maybe', undefined],
    ['2024-01-01T00:00:00Z', undefined],
  ]
  for (const [value, expected] of rows) t.equal(retryAfterMs(value, now), expected, `"${value}"`)
})

t.test('extensions that a subscriber asks for', async (t) => {
  const rows: readonly (readonly [string, string, Record<string, string> | undefined])[] = [
    ['Kne-Reason', 'poison', { reason: 'poison' }],
    ['kne-constructor', 'x', { constructor: 'x' }],
    ['kne-x-dash', 'x', undefined],
    ['kne-x_y', 'x', undefined],
    ['kne-', 'x', undefined],
    ['kne-empty', '', undefined],
    ['kne-id', 'x', undefined],
    ['kne-data', 'x', undefined],
    ['kne-specversion', '9', undefined],
    ['other', 'x', undefined],
    ['kne-utf', Buffer.from('Größe').toString('latin1'), { utf: 'Größe' }],
    ['kne-tab', 'a\tb\u0085c', { tab: 'ab' + '\ufffdc' }],
    ['kne-long', 'x'.repeat(5000), { long: 'x'.repeat(1024) }],
    [
      'kne-pair',
      Buffer.from(`${'x'.repeat(1023)}😀`).toString('latin1'),
      { pair: `${'x'.repeat(1023)}\ufffd` },
    ],
  ]
  for (const [name, value, expected] of rows) {
    const found = responseExtensions(['date', 'x', name, value])
    t.strictSame(found, expected, name)
    for (const one of Object.values(found ?? {}))
      t.equal(forbiddenCharacter(one), -1, `${name} is legal`)
  }
  t.strictSame(responseExtensions(['kne-a', '1', 'KNE-A', '2']), { a: '1' }, 'the first one counts')
  const many = Array.from({ length: 100 }, (_, i) => [`kne-x${i}`, 'y']).flat()
  t.equal(Object.keys(responseExtensions(many) ?? {}).length, 16, 'no more than 16')
})

t.test('URLs without credentials', async (t) => {
  t.equal(redactUrl('http://sink/a?b'), 'http://sink/a?b')
  t.equal(redactUrl('http://sink'), 'http://sink', 'as it was written')
  t.equal(redactUrl('https://me:secret@sink/a'), 'https://sink/a')
  t.equal(redactUrl('https://me@sink/a'), 'https://sink/a')
  t.equal(redactUrl('http://si\nnk/a'), 'http://sink/a', 'control characters are gone')
  t.equal(redactUrl('nowhere'), 'about:invalid')
})

t.test('what an error of a connection is called', async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ['ECONNREFUSED', 'sink:1 refuses connections'],
    ['ENOTFOUND', 'sink:1 is not a known host name'],
    ['EAI_AGAIN', 'The name of sink:1 cannot be looked up at the moment'],
    ['ECONNRESET', 'sink:1 closed the connection before its answer was complete'],
    ['EPIPE', 'sink:1 closed the connection before its answer was complete'],
    ['EHOSTUNREACH', 'The connection to sink:1 failed (EHOSTUNREACH)'],
    ['CERT_HAS_EXPIRED', 'The connection to sink:1 failed (CERT_HAS_EXPIRED)'],
  ]
  for (const [code, error] of rows) {
    const cause = Object.assign(new Error('secret'), { code })
    t.strictSame(transportFailure(cause, 'sink:1'), { error, retryable: true }, code)
  }
  const unknown = 'The connection to sink:1 failed'
  t.equal(transportFailure(new TypeError('secret'), 'sink:1').error, `${unknown} (TypeError)`)
  t.equal(transportFailure('secret', 'sink:1').error, `${unknown} (unknown)`)
})

function violations(event: CloudEvent): readonly unknown[] {
  const findings: Findings = { violations: [], prefix: '/', index: undefined }
  checkAttributes(event.attributes, findings)
  return findings.violations
}

t.test('the event that a dead letter sink gets', async (t) => {
  const destination = 'http://me:secret@subscriber/path'
  const event = anEvent({ subject: 's', reason: 'mine' }, '{}')
  const answer = {
    status: 503,
    dataBase64: 'b29wcw==',
    extensions: { reason: 'theirs', hint: 'x', id: '2', 'x-dash': 'x', knativeerrorcode: '1' },
  }

  t.test('everything is known', async (t) => {
    const letter = deadLetterEvent(event, { destination, answer, compatibility: 'spec' })
    t.strictSame(
      [...letter.attributes],
      [
        ...event.attributes,
        ['knativeerrordest', 'http://subscriber/path'],
        ['knativeerrorcode', '503'],
        ['knativeerrordata', 'b29wcw=='],
        ['hint', 'x'],
      ],
    )
    t.equal(letter.data, event.data, 'the very bytes')
    t.notOk(event.attributes.has('knativeerrordest'), 'the event itself is untouched')
  })

  t.test('there was no answer', async (t) => {
    const again = anEvent({ knativeerrordest: 'http://old', knativeerrorcode: '500' })
    const letter = deadLetterEvent(again, { destination, answer: {}, compatibility: 'spec' })
    t.equal(letter.attributes.get('knativeerrordest'), 'http://subscriber/path')
    t.notOk(letter.attributes.has('knativeerrorcode'), 'an old code does not stay')
    t.notOk(letter.attributes.has('knativeerrordata'))
  })

  t.test('version 0.3', async (t) => {
    const rows: readonly (readonly [
      string,
      CloudEvent,
      Record<string, string>,
      string | undefined,
    ])[] = [
      ['plain', anEvent({ specversion: '0.3' }, 'x'), {}, 'x'],
      [
        'absolute schemaurl',
        anEvent({ specversion: '0.3', schemaurl: 'http://s/1', dataschema: 'not a uri' }),
        { dataschema: 'http://s/1' },
        undefined,
      ],
      [
        'relative schemaurl',
        anEvent({ specversion: '0.3', schemaurl: '/s/1', dataschema: '/s/1' }),
        { schemaurl: '/s/1' },
        undefined,
      ],
      [
        'own dataschema',
        anEvent({ specversion: '0.3', dataschema: 'urn:s' }),
        { dataschema: 'urn:s' },
        undefined,
      ],
      ['base64', anEvent({ specversion: '0.3', datacontentencoding: 'base64' }, 'aGk='), {}, 'hi'],
      [
        'no base64 after all',
        anEvent({ specversion: '0.3', datacontentencoding: 'base64' }, 'hi!'),
        { datacontentencoding: 'base64' },
        'hi!',
      ],
    ]
    for (const [name, old, expected, data] of rows) {
      const kept = deadLetterEvent(old, { destination, answer, compatibility: 'spec' })
      t.equal(kept.attributes.get('specversion'), '0.3', `${name}: kept under spec`)
      const letter = deadLetterEvent(old, { destination, answer, compatibility: 'knative-kafka' })
      t.strictSame(violations(letter), [], `${name}: valid`)
      t.equal(letter.attributes.get('specversion'), '1.0', `${name}: 1.0 under knative-kafka`)
      const found = Object.fromEntries(
        ['dataschema', 'schemaurl', 'datacontentencoding']
          .filter((one) => letter.attributes.has(one))
          .map((one) => [one, letter.attributes.get(one)]),
      )
      t.strictSame(found, expected, `${name}: schema and encoding`)
      t.equal(letter.data && Buffer.from(letter.data).toString(), data, `${name}: data`)
    }
  })
})
