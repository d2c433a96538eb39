import t from 'tap'
import type { AttributeValue, CloudEvent } from '#events/event.ts'
import { FoundHeaders } from '#kafka/events/found-headers.ts'
import { readEvent } from '#kafka/events/read-event.ts'
import { writeEvent } from '#kafka/events/write-event.ts'
import { deadLettersTopic, eventsTopic } from '#kafka/topic-names.ts'
import { anEvent } from '../../../support/an-event.ts'

type Headers = readonly (readonly [name: string, value: string | null])[]

const REQUIRED: Headers = [
  ['ce_specversion', '1.0'],
  ['ce_id', '1'],
  ['ce_source', '/s'],
  ['ce_type', 't'],
]

function read(value: Buffer | null, headers: Headers): CloudEvent | string {
  return readEvent(
    value,
    new FoundHeaders(
      headers.map(([name, text]) => [name, text === null ? null : Buffer.from(text)]),
    ),
  )
}

t.test('writeEvent() writes what readEvent() gives back', async (t) => {
  const { attributes } = anEvent({ number: '5', datacontenttype: 'text/plain' })
  const types = {
    attributes: new Map<string, AttributeValue>([...attributes, ['count', -5], ['flag', false]]),
    data: Buffer.from('text'),
  }
  const events: Record<string, CloudEvent> = {
    'strings, numbers and truth': types,
    'no data': { ...types, data: undefined },
    'empty data': { ...types, data: Buffer.alloc(0) },
    bytes: { ...types, data: Buffer.from([0, 255]) },
    'an event as data': anEvent({ datacontenttype: 'application/cloudevents+json' }, '{ "a": 1 }'),
  }

  for (const [name, event] of Object.entries(events)) {
    const { value, headers } = writeEvent(event)
    const found = read(
      value === null ? null : Buffer.from(value),
      headers.map(([header, text]) => [header, text === null ? null : String(text)]),
    )

    t.type(found, 'object', name)
    if (typeof found === 'string') continue
    t.strictSame([...found.attributes], [...event.attributes], name)
    t.strictSame(found.data && [...found.data], event.data && [...event.data], name)
  }
})

t.test('readEvent() says why there is no event', async (t) => {
  const cases: readonly (readonly [RegExp, Headers, string?])[] = [
    [/the header ce_specversion is missing/, []],
    [/the header ce_id is missing/, REQUIRED.filter(([name]) => name !== 'ce_id')],
    [/ce_specversion is "2.0"/, [...REQUIRED, ['ce_specversion', '2.0']]],
    [/"ce_data" names no attribute/, [...REQUIRED, ['ce_data', 'x']]],
    [/"ce_a_b" names no attribute/, [...REQUIRED, ['ce_a_b', 'x']]],
    [/no batch/, [['content-type', 'application/cloudevents-batch+json']], '[]'],
    [/has no value/, [['content-type', 'application/cloudevents+json']]],
    [/JSON/, [['content-type', 'application/cloudevents+json']], '{'],
  ]

  for (const [message, headers, value] of cases) {
    const found = read(value === undefined ? null : Buffer.from(value), headers)

    t.type(found, 'string')
    t.match(found, message)
  }
})

t.test('a header without a value is none, and the last of several counts', async (t) => {
  const found = read(null, [...REQUIRED, ['ce_id', '2'], ['CE_Id', '3'], ['ce_type', null]])

  t.strictSame(
    typeof found === 'string' ? found : [...found.attributes],
    REQUIRED.map(([name, value]) => [name.slice(3), name === 'ce_id' ? '3' : value]),
  )
})

t.test('topics are named after the namespace and the Broker', async (t) => {
  t.equal(eventsTopic('demo/shop', undefined), 'knative-broker-demo-shop')
  t.equal(eventsTopic('demo/shop', 'orders'), 'orders')
  t.equal(deadLettersTopic('demo/shop'), 'sluice-dead-letters-demo-shop')
})
