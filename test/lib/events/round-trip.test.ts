import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { canonicalValue } from '#events/canonical-value.ts'
import type { CloudEvent } from '#events/event.ts'
import { readMessage } from '#events/read-message.ts'
import { writeBatch } from '#events/write-batch.ts'
import { writeBinary } from '#events/write-binary.ts'
import { writeStructured } from '#events/write-structured.ts'
import { arbitraryEvent } from '../../support/arbitrary-event.ts'

const LIMITS = { maxEventBytes: 1024 * 1024, maxBatchEvents: 10 }
const RUNS = { seed: 20250101, numRuns: 400 }

function throughBinary(event: CloudEvent): CloudEvent {
  const headers = writeBinary(event)
  const { mode, events } = readMessage(headers, event.data ?? new Uint8Array(0), LIMITS)
  if (mode !== 'binary') throw new Error(`read as ${mode}`)
  return events[0]!
}

function throughStructured(event: CloudEvent): CloudEvent {
  const body = writeStructured(event)
  const { mode, events } = readMessage(
    ['Content-Type', 'application/cloudevents+json'],
    body,
    LIMITS,
  )
  if (mode !== 'structured') throw new Error(`read as ${mode}`)
  return events[0]!
}

/** An event without the order of its attributes, its data as hexadecimal digits. */
function typed(event: CloudEvent): unknown {
  return {
    attributes: [...event.attributes].sort(([a], [b]) => (a < b ? -1 : 1)),
    data: event.data && Buffer.from(event.data).toString('hex'),
  }
}

/** The same as binary mode knows it: strings, and no difference between no data and no bytes. */
function canonical(event: CloudEvent): unknown {
  const attributes = new Map([...event.attributes].map(([name, v]) => [name, canonicalValue(v)]))
  return typed({ attributes, data: event.data?.length === 0 ? undefined : event.data })
}

t.test('any event survives binary to binary', async () => {
  fc.assert(
    fc.property(arbitraryEvent(), (event) => {
      assert.deepStrictEqual(canonical(throughBinary(event)), canonical(event))
    }),
    RUNS,
  )
})

t.test('any event survives binary to structured to binary', async () => {
  fc.assert(
    fc.property(arbitraryEvent(), (event) => {
      const arrived = throughBinary(event)
      const back = throughBinary(throughStructured(arrived))
      assert.deepStrictEqual(typed(back), typed(arrived))
    }),
    RUNS,
  )
})

t.test('any event survives structured to structured, types and empty data included', async () => {
  fc.assert(
    fc.property(arbitraryEvent(), (event) => {
      const once = throughStructured(event)
      assert.deepStrictEqual(typed(once), typed(event))
      assert.deepStrictEqual([...once.attributes.keys()], [...event.attributes.keys()])
      assert.deepStrictEqual(typed(throughStructured(once)), typed(event))
    }),
    RUNS,
  )
})

t.test('any event survives structured to binary to structured', async () => {
  fc.assert(
    fc.property(arbitraryEvent(), (event) => {
      const back = throughStructured(throughBinary(throughStructured(event)))
      assert.deepStrictEqual(canonical(back), canonical(event))
    }),
    RUNS,
  )
})

t.test('any events survive a batch', async () => {
  const events = fc
    .array(arbitraryEvent(), { maxLength: 5 })
    .filter((all) => new Set(all.map((e) => e.attributes.get('specversion'))).size <= 1)
  fc.assert(
    fc.property(events, (all) => {
      const body = writeBatch(all)
      const message = readMessage(
        ['content-type', 'application/cloudevents-batch+json'],
        body,
        LIMITS,
      )
      assert.equal(message.mode, 'batch')
      assert.deepStrictEqual(message.events.map(typed), all.map(typed))
    }),
    { ...RUNS, numRuns: 100 },
  )
})
