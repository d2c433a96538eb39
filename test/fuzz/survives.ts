import assert from 'node:assert/strict'
import { parseDestination } from '#delivery/http/parse-destination.ts'
import { writeRequest } from '#delivery/http/write-request.ts'
import type { DeliveryRequest } from '#delivery/subscriber-client.ts'
import { canonicalValue } from '#events/canonical-value.ts'
import type { CloudEvent } from '#events/event.ts'
import { readMessage } from '#events/read-message.ts'
import { readStructured } from '#events/read-structured.ts'
import type { TraceContext } from '#events/trace-context.ts'
import { writeStructured } from '#events/write-structured.ts'
import { readRecordBatches } from '#kafka/records/read-record-batches.ts'
import { writeRecordBatch } from '#kafka/records/write-record-batch.ts'
import type { NewRecord } from '#log/event-log.ts'
import { readRecord } from '#log/kafka/read-record.ts'
import { writeRecord } from '#log/kafka/write-record.ts'
import { decodeRecord, encodeRecord, recordBound } from '#log/sqlite/record-codec.ts'

const NO_LIMITS = { maxEventBytes: Number.MAX_SAFE_INTEGER, maxBatchEvents: 1 }

/** Fails where an event does not come out of a log as it went in. */
export function survivesLogs(event: CloudEvent, trace?: TraceContext): void {
  const record: NewRecord = { event, hops: 0, ...(trace && { trace }) }
  const bytes = Buffer.alloc(recordBound(record))
  const stored = bytes.subarray(0, encodeRecord(record, bytes, 0))
  const decoded = decodeRecord(stored, 0, 0, 0)
  assert.deepStrictEqual(typed(decoded.event), typed(event), 'SQLite')
  assert.deepStrictEqual(decoded.trace, trace, 'SQLite')

  const batch = writeRecordBatch([writeRecord(record, 0)])
  const { records } = readRecordBatches(batch, { from: 0, abortedTransactions: [] })
  const [read] = records.map((each) => readRecord(each, 0))
  assert.ok(read !== undefined && !('reason' in read), 'Kafka')
  assert.deepStrictEqual(typed(read.event), typed(event), 'Kafka')
  assert.deepStrictEqual(read.trace, trace, 'Kafka')
}

/** Fails where a subscriber would not get an event as it is, in either content mode. */
export function survivesDelivery(event: CloudEvent, trace?: TraceContext): void {
  // Its data is base64 in one mode and bytes in the other: the same event, told otherwise.
  if (event.attributes.has('datacontentencoding')) return
  const body = writeStructured(event)
  JSON.parse(body.toString())
  assert.deepStrictEqual(typed(readStructured(body)), typed(event), 'structured')
  for (const format of ['binary', 'json'] as const) {
    assert.deepStrictEqual(canonical(delivered(event, format, trace)), canonical(event), format)
  }
}

/** What a subscriber that follows the specification reads. */
function delivered(
  event: CloudEvent,
  format: DeliveryRequest['format'],
  trace: TraceContext | undefined,
): CloudEvent {
  const destination = parseDestination('http://sink/')
  assert.ok(destination)
  const written = writeRequest(destination, {
    destination: 'http://sink/',
    event,
    namespace: 'default',
    timeoutMs: 1000,
    trace,
    caCerts: undefined,
    format,
    attributeEncoding: 'percent',
    maxHeaderBytes: 64 * 1024,
    acceptReply: false,
  })
  assert.ok(written)
  const head = written.head.toString('latin1')
  const end = head.indexOf('\r\n\r\n')
  const rawHeaders = head
    .slice(0, end)
    .split('\r\n')
    .slice(1)
    .flatMap((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '')]
    })
  const body = written.body ?? written.head.subarray(end + 4)
  const [found] = readMessage(rawHeaders, body, NO_LIMITS).events
  assert.ok(found)
  return found
}

/** An event without the order of its attributes, its data as text. */
export function typed({ attributes, data }: CloudEvent): unknown {
  const sorted = [...attributes].sort(([a], [b]) => (a < b ? -1 : 1))
  return { attributes: sorted, data: data && Buffer.from(data).toString('latin1') }
}

/** As binary mode knows it: strings, and no difference between no data and no bytes. */
function canonical({ attributes, data }: CloudEvent): unknown {
  const texts = new Map([...attributes].map(([name, value]) => [name, canonicalValue(value)]))
  return typed({ attributes: texts, data: data?.length === 0 ? undefined : data })
}
