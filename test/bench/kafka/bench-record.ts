import type { NewKafkaRecord } from '#kafka/records/kafka-record.ts'
import { writeRecord } from '#log/kafka/write-record.ts'
import {
  EVENT_TYPE,
  eventRequest,
  monotonicMicros,
  NUMBER_DIGITS,
  SENT_DIGITS,
} from '../event-request.ts'

const HEAD_END = '\r\n\r\n'
const { bytes } = eventRequest('binary', new URL('http://localhost/'), 'bench-0000-')
const data = bytes.subarray(bytes.indexOf(HEAD_END) + HEAD_END.length)
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

/** The record that the gateway makes of the event of the benchmark, numbered. */
export function benchRecord(number: number): NewKafkaRecord {
  const attributes = new Map([
    ['specversion', '1.0'],
    ['id', `bench-0000-${String(number).padStart(NUMBER_DIGITS, '0')}`],
    ['source', '/bench/orders'],
    ['type', EVENT_TYPE],
    ['subject', 'orders/4711'],
    ['time', '2026-01-01T12:00:00Z'],
    ['sent', String(monotonicMicros()).padStart(SENT_DIGITS, '0')],
    ['datacontenttype', 'application/json'],
    ['traceparent', traceparent],
  ])
  return writeRecord({ event: { attributes, data }, hops: 0, trace: { traceparent } }, Date.now())
}
