import t from 'tap'
import type { AttributeValue } from '#events/event.ts'
import type { NewRecord } from '#log/event-log.ts'
import { writeRecord } from '#log/kafka/write-record.ts'
import { anEvent } from '../../../support/an-event.ts'

const TIME = 1_700_000_000_000
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

function plain(event: NewRecord['event'], beside: Partial<NewRecord> = {}) {
  return writeRecord({ event, hops: 0, ...beside }, TIME)
}

t.test('writeRecord() writes headers as Knative does, in the order of the attributes', (t) => {
  const attributes = new Map([
    ['specversion', '1.0'],
    ['type', 't'],
    ['datacontenttype', 'text/plain'],
    ['source', '/ü?q=%20'],
    ['id', '1 🌍'],
    ['myextension', ''],
  ])

  const { key, value, headers, timestamp } = plain({ attributes, data: Buffer.from('data') })

  t.strictSame(headers, [
    ['ce_specversion', '1.0'],
    ['ce_type', 't'],
    ['content-type', 'text/plain'],
    ['ce_source', '/ü?q=%20'],
    ['ce_id', '1 🌍'],
    ['ce_myextension', ''],
  ])
  t.equal(key, null)
  t.equal(value?.toString(), 'data')
  t.equal(timestamp, TIME)
  t.end()
})

t.test('writeRecord() takes the partitionkey for the key, as text', (t) => {
  const typed = new Map<string, AttributeValue>([...anEvent().attributes, ['partitionkey', 7]])

  t.equal(plain(anEvent({ partitionkey: 'customer 7' })).key, 'customer 7')
  t.equal(plain(anEvent({ partitionkey: '' })).key, '')
  t.equal(plain({ attributes: typed, data: undefined }).key, '7')
  t.equal(plain(anEvent()).key, null)
  t.end()
})

t.test('writeRecord() tells no data from empty data', (t) => {
  const { attributes } = anEvent()

  t.equal(plain({ attributes, data: undefined }).value, null)
  t.equal(plain({ attributes, data: Buffer.alloc(0) }).value?.length, 0)
  t.end()
})

t.test('writeRecord() does not copy data', (t) => {
  const data = Buffer.from('data')

  t.equal(plain(anEvent({}, data)).value, data)
  t.end()
})

t.test('writeRecord() adds what stands beside an event, where it does', (t) => {
  const event = anEvent({ traceparent: 'of the event' })
  const own = (beside: Partial<NewRecord>) => plain(event, beside).headers.slice(5)

  t.strictSame(own({}), [])
  t.strictSame(own({ hops: 255, cause: { partition: 9, offset: 2 ** 53 - 1 } }), [
    ['sluice-hops', '255'],
    ['sluice-cause', '9:9007199254740991'],
  ])
  t.strictSame(own({ trace: { traceparent: TRACE } }), [['traceparent', TRACE]])
  t.strictSame(own({ trace: { traceparent: TRACE, tracestate: 'a=1' } }), [
    ['traceparent', TRACE],
    ['tracestate', 'a=1'],
  ])
  t.strictSame(plain(event).headers[4], ['ce_traceparent', 'of the event'])
  t.end()
})

t.test('writeRecord() tells the types that text cannot', (t) => {
  const attributes = new Map<string, AttributeValue>([
    ...anEvent().attributes,
    ['count', -12],
    ['text', 'true'],
    ['flag', false],
  ])

  t.strictSame(plain({ attributes, data: undefined }).headers.slice(4), [
    ['ce_count', '-12'],
    ['ce_text', 'true'],
    ['ce_flag', 'false'],
    ['sluice-types', 'count=integer,flag=boolean'],
  ])
  t.end()
})

t.test('writeRecord() writes an event with another inside in structured content mode', (t) => {
  const event = anEvent({ datacontenttype: 'Application/CloudEvents+JSON' }, '{ "id": 1 }')

  const { key, value, headers } = plain({
    ...event,
    attributes: new Map([...event.attributes, ['partitionkey', 'k']]),
  })

  t.strictSame(headers, [['content-type', 'application/cloudevents+json']])
  t.equal(key, 'k')
  t.match(value?.toString(), /^\{"specversion":"1.0",.*,"data":\{ "id": 1 \}\}$/)
  t.end()
})
