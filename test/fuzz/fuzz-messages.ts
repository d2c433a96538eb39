import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseDestination } from '#delivery/http/parse-destination.ts'
import { writeRequest } from '#delivery/http/write-request.ts'
import type { DeliveryRequest } from '#delivery/subscriber-client.ts'
import { canonicalValue } from '#events/canonical-value.ts'
import type { CloudEvent } from '#events/event.ts'
import { type BatchMember, readBatchMembers } from '#events/read-batch-members.ts'
import { readMessage } from '#events/read-message.ts'
import { readReply } from '#events/read-reply.ts'
import { readStructured } from '#events/read-structured.ts'
import { writeStructured } from '#events/write-structured.ts'
import { readRecordBatches } from '#kafka/records/read-record-batches.ts'
import { writeRecordBatch } from '#kafka/records/write-record-batch.ts'
import type { NewRecord } from '#log/event-log.ts'
import { readRecord } from '#log/kafka/read-record.ts'
import { writeRecord } from '#log/kafka/write-record.ts'
import { decodeRecord, encodeRecord, recordBound } from '#log/sqlite/record-codec.ts'
import { Problem } from '#problems/problem.ts'
import { type ArrivedMessage, arbitraryMessage } from './arbitrary-message.ts'

const LIMITS = { maxEventBytes: 1024 * 1024, maxBatchEvents: 100 }
const NO_LIMITS = { maxEventBytes: Number.MAX_SAFE_INTEGER, maxBatchEvents: 1 }

/**
 * Reads messages of all kinds: each is events or a Problem that can be printed, the same ones
 * however it is read, and every event survives both logs and its delivery in either mode.
 * @returns how many were read, and how many refused
 * @throws Error with the smallest message for which that is not so
 */
export function fuzzMessages(seed: number, runs: number): { events: number; refused: number } {
  const seen = { events: 0, refused: 0 }
  fc.assert(
    fc.property(arbitraryMessage, (message) => {
      const events = readAnyWay(message)
      if (events === undefined) seen.refused += 1
      for (const event of events ?? []) {
        seen.events += 1
        survivesLogs(event)
        survivesDelivery(event)
      }
    }),
    { seed, numRuns: runs },
  )
  return seen
}

function readAnyWay({ rawHeaders, body }: ArrivedMessage): readonly CloudEvent[] | undefined {
  const message = orProblem(() => readMessage(rawHeaders, body, LIMITS))
  const reply = orProblem(() => readReply(rawHeaders, body))
  const members = orProblem(() => readBatchMembers(body, LIMITS.maxBatchEvents))
  const good = members?.filter((member): member is CloudEvent => !(member instanceof Problem))
  for (const member of members ?? []) assertPrintable(member)
  if (message === undefined) return undefined
  if (message.mode === 'batch') {
    assert.deepStrictEqual(good?.map(typed), message.events.map(typed))
    assert.equal(members?.length, message.events.length, 'all or nothing')
  } else {
    assert.deepStrictEqual(reply && typed(reply), message.events.map(typed)[0])
  }
  return message.events
}

/** The result, or `undefined` for a Problem; anything else that is thrown is a bug. */
function orProblem<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    assertPrintable(error)
    return undefined
  }
}

function assertPrintable(member: BatchMember): void {
  if (!(member instanceof Problem)) return
  assert.match(member.message, /^[ -~]{1,500}$/)
  assert.ok(member.status >= 400 && member.status < 500, `${member.status}`)
}

function survivesLogs(event: CloudEvent): void {
  const record: NewRecord = { event, hops: 0 }
  const bytes = Buffer.alloc(recordBound(record))
  const stored = bytes.subarray(0, encodeRecord(record, bytes, 0))
  assert.deepStrictEqual(typed(decodeRecord(stored, 0, 0, 0).event), typed(event), 'SQLite')

  const batch = writeRecordBatch([writeRecord(record, 0)])
  const { records } = readRecordBatches(batch, { from: 0, abortedTransactions: [] })
  const [read] = records.map((each) => readRecord(each, 0))
  assert.ok(read !== undefined && !('reason' in read), 'Kafka')
  assert.deepStrictEqual(typed(read.event), typed(event), 'Kafka')
}

function survivesDelivery(event: CloudEvent): void {
  // Its data is base64 in one mode and bytes in the other: the same event, told otherwise.
  if (event.attributes.has('datacontentencoding')) return
  const body = writeStructured(event)
  JSON.parse(body.toString())
  assert.deepStrictEqual(typed(readStructured(body)), typed(event), 'structured')
  for (const format of ['binary', 'json'] as const) {
    assert.deepStrictEqual(canonical(delivered(event, format)), canonical(event), format)
  }
}

/** What a subscriber that follows the specification reads. */
function delivered(event: CloudEvent, format: DeliveryRequest['format']): CloudEvent {
  const destination = parseDestination('http://sink/')
  assert.ok(destination)
  const written = writeRequest(destination, {
    destination: 'http://sink/',
    event,
    namespace: 'default',
    timeoutMs: 1000,
    trace: undefined,
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

function typed({ attributes, data }: CloudEvent): unknown {
  const sorted = [...attributes].sort(([a], [b]) => (a < b ? -1 : 1))
  return { attributes: sorted, data: data && Buffer.from(data).toString('latin1') }
}

/** As binary mode knows it: strings, and no difference between no data and no bytes. */
function canonical({ attributes, data }: CloudEvent): unknown {
  const texts = new Map([...attributes].map(([name, value]) => [name, canonicalValue(value)]))
  return typed({ attributes: texts, data: data?.length === 0 ? undefined : data })
}
