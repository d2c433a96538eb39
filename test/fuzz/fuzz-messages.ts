import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { CloudEvent } from '#events/event.ts'
import { type BatchMember, readBatchMembers } from '#events/read-batch-members.ts'
import { readMessage } from '#events/read-message.ts'
import { readReply } from '#events/read-reply.ts'
import { Problem } from '#problems/problem.ts'
import { continueTrace } from '#telemetry/trace-context.ts'
import { type ArrivedMessage, arbitraryMessage } from './arbitrary-message.ts'
import { survivesDelivery, survivesLogs, typed } from './survives.ts'

const LIMITS = { maxEventBytes: 1024 * 1024, maxBatchEvents: 100 }

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

/** Any text, as Kafka's headers have it, too. */
const arbitraryTrace = fc.record({
  parent: fc.constantFrom(PARENT, PARENT, undefined, `${PARENT}-x`, PARENT.toUpperCase(), ''),
  state: fc.oneof(
    fc.constantFrom(
      undefined,
      '',
      ' ',
      'a=1,',
      ',a=1 , b=2 ',
      'a=é',
      'a=1\r\nx: y',
      '1=\0',
      'a=1\t',
    ),
    fc.array(fc.stringMatching(/^[a-z0-9_*/@-]{1,30}=[ -~]{1,30}$/), { maxLength: 40 }).map(String),
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => `a=${text}`),
  ),
})

/**
 * Reads messages of all kinds: each is events or a Problem that can be printed, the same ones
 * however it is read, and every event survives both logs and its delivery in either mode.
 * @returns how many were read, and how many refused
 * @throws Error with the smallest message for which that is not so
 */
export function fuzzMessages(seed: number, runs: number): { events: number; refused: number } {
  const seen = { events: 0, refused: 0 }
  fc.assert(
    fc.property(arbitraryMessage, arbitraryTrace, (message, { parent, state }) => {
      const trace = continueTrace(parent, state)
      const events = readAnyWay(message)
      if (events === undefined) seen.refused += 1
      for (const event of events ?? []) {
        seen.events += 1
        survivesLogs(event, trace)
        survivesDelivery(event, trace)
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
