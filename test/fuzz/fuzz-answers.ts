import assert from 'node:assert/strict'
import { deadLetterEvent } from '#delivery/dead-letter-event.ts'
import { HttpSubscriberClient } from '#delivery/http/http-subscriber-client.ts'
import type { Outcome } from '#delivery/outcome.ts'
import type { CloudEvent } from '#events/event.ts'
import { systemClock } from '#time/system-clock.ts'
import { anEvent } from '../support/an-event.ts'
import { markIn, rubbishAnswer } from './rubbish-answer.ts'
import { RubbishSubscriber } from './rubbish-subscriber.ts'
import { survivesDelivery, survivesLogs } from './survives.ts'

const AT_A_TIME = 32
/** For answers that do not come to their end. */
const TIMEOUT_MS = 150
/** Much longer than any delivery may take, whatever the machine does meanwhile. */
const HANG_MS = 20_000

/**
 * Delivers events to a subscriber whose answers are rubbish, or nearly right, on connections that
 * live on: each has an outcome, none that of another's answer, and no connection is left over.
 * @returns how many were delivered, and how many failed
 * @throws Error with the bytes of the answer for which that is not so
 */
export async function fuzzAnswers(
  seed: number,
  runs: number,
): Promise<{ delivered: number; failed: number; connections: number }> {
  const subscriber = await RubbishSubscriber.start(seed)
  const client = new HttpSubscriberClient({ clock: systemClock, maxReplyBytes: 64 * 1024 })
  const seen = { delivered: 0, failed: 0 }
  const deliver = (id: number, timeoutMs = TIMEOUT_MS) =>
    deliverTo(client, subscriber.url, id, timeoutMs)
  let next = 0
  const worker = async () => {
    while (next < runs) {
      const id = next++
      const outcome = await deliver(id).catch((error) => fail(seed, id, error))
      seen[outcome.kind] += 1
      try {
        survives(outcome, subscriber.url)
      } catch (error) {
        fail(seed, id, error)
      }
      const other = markIn(JSON.stringify([...facts(outcome)]))
      if (other === undefined || other === id || subscriber.isTorn(id)) continue
      fail(seed, id, `has what was said to ${other}`)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_A_TIME }, worker))
    subscriber.isTame = true
    const all = Array.from({ length: AT_A_TIME }, (_, i) => deliver(runs + i, HANG_MS / 2))
    for (const outcome of await Promise.all(all)) assert.equal(outcome.kind, 'delivered')
    await inTime(client.close())
    await inTime(subscriber.allClosed())
    return { ...seen, connections: subscriber.connections }
  } finally {
    await subscriber.close()
  }
}

function deliverTo(
  client: HttpSubscriberClient,
  url: string,
  id: number,
  timeoutMs: number,
): Promise<Outcome> {
  const request = {
    destination: url,
    event: anEvent({ id: String(id) }, '{}'),
    namespace: 'default',
    timeoutMs,
    trace: undefined,
    caCerts: undefined,
    format: 'binary',
    attributeEncoding: 'percent',
    maxHeaderBytes: 8192,
    acceptReply: id % 3 !== 0,
  } as const
  return inTime(client.deliver(request, new AbortController().signal))
}

/** What an answer has brought into an event goes through Sluice as any other does. */
function survives(outcome: Outcome, destination: string): void {
  let event: CloudEvent | undefined
  if (outcome.kind === 'delivered') event = outcome.reply
  else {
    const { status, responseData, responseExtensions: extensions } = outcome
    const answer = {
      ...(status !== undefined && { status }),
      ...(responseData && { dataBase64: Buffer.from(responseData).toString('base64') }),
      ...(extensions && { extensions }),
    }
    event = deadLetterEvent(anEvent(), { destination, answer, compatibility: 'spec' })
  }
  if (event === undefined) return
  survivesLogs(event)
  survivesDelivery(event)
}

/** All of an outcome that comes from the answer. */
function* facts(outcome: Outcome): Generator<unknown> {
  if (outcome.kind === 'failed') {
    yield [outcome.error, outcome.responseExtensions, outcome.retryAfterMs]
    yield Buffer.from(outcome.responseData ?? []).toString('latin1')
  } else if (outcome.reply !== undefined) {
    yield [...outcome.reply.attributes]
    yield Buffer.from(outcome.reply.data ?? []).toString('latin1')
  }
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no end after ${HANG_MS} ms`)), HANG_MS)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

function fail(seed: number, id: number, reason: unknown): never {
  const { bytes } = rubbishAnswer(seed, id)
  const answer = JSON.stringify(bytes.toString('latin1'))
  throw new Error(`Event ${id} of seed ${seed} ${reason}; it was answered ${answer}`)
}
