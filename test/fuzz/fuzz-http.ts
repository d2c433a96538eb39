import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import type { TestGateway } from '../gateway/harness.ts'
import { type RawResponse, rawExchange } from '../support/raw-exchange.ts'
import { arbitraryMember } from './arbitrary-message.ts'

const AT_A_TIME = 16
const DEADLINE_MS = 20_000
const LINE = 'POST /default/default HTTP/1.1\r\nHost: a\r\n'
const HEAD = `${LINE}ce-specversion: 1.0\r\nce-id: 1\r\nce-source: /s\r\nce-type: t\r\n`
const CLOSE = 'Connection: close\r\n'

/** Requests with the statuses of their answers, however many packets they come in. */
const REQUESTS: readonly (readonly [bytes: string, statuses: readonly number[]])[] = [
  [`${HEAD}ce-x: \xe2\x82\xac%41\r\n${CLOSE}Content-Length: 2\r\n\r\n{}`, [202]],
  [
    `${HEAD}${CLOSE}Transfer-Encoding: chunked\r\n\r\n1;a="b"\r\n{\r\n1\r\n}\r\n0\r\nx: y\r\n\r\n`,
    [202],
  ],
  [`${HEAD}Content-Length: 2\r\n\r\n{}${LINE}${CLOSE}Content-Length: 0\r\n\r\n`, [202, 415]],
  [`${HEAD}${CLOSE}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`, [100, 202]],
  [`${HEAD}${CLOSE}Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n`, [400]],
]

/**
 * Sends a few requests in two packets, cut at every byte, and byte by byte.
 * @returns how many exchanges there were
 * @throws Error naming the request and the cut for which the answers are other ones
 */
export async function fuzzSplits({ port }: TestGateway): Promise<number> {
  const cases = REQUESTS.flatMap(([text, statuses]) => {
    const bytes = Buffer.from(text, 'latin1')
    const inTwo = Array.from(bytes, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)])
    return [...inTwo, Array.from(bytes, (byte) => Buffer.of(byte))].map((parts) => ({
      parts,
      statuses,
    }))
  })
  const left = cases.values()
  const worker = async () => {
    for (const { parts, statuses } of left) {
      const answers = await rawExchange(port, '', {
        send: (socket) => sendParts(socket, parts),
        deadlineMs: DEADLINE_MS,
      })
      const found = answers.map(({ status }) => status)
      const how = JSON.stringify(parts.slice(0, 2).map((part) => part.toString('latin1')))
      assert.deepStrictEqual(found, statuses, how)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  return cases.length
}

/** Each in its turn of the event loop, so that each is a packet. */
function sendParts(socket: Socket, parts: readonly Buffer[]): void {
  socket.setNoDelay(true)
  const left = parts.values()
  const next = () => {
    const part = left.next()
    if (!part.done) socket.write(part.value, () => setImmediate(next))
  }
  next()
}

/** What a lenient batch was answered about one of its events. */
interface Told {
  readonly index: number
  readonly status: string
}

/**
 * Sends batches with random members, of which the good ones are to be taken: the answer tells of
 * each, and what it says was accepted is what has come into the log.
 * @returns how many events were accepted, and how many rejected
 * @throws Error with the smallest batch for which that is not so
 */
export async function fuzzLenientBatches(
  gateway: TestGateway,
  seed: number,
  runs: number,
): Promise<{ accepted: number; rejected: number }> {
  const seen = { accepted: 0, rejected: 0 }
  let run = 0
  const batch = fc.array(arbitraryMember, { maxLength: 5 })
  const check = fc.asyncProperty(batch, async (members) => {
    const before = (await gateway.logs.records()).length
    // Of another id each time, so that none is left out for being there already.
    const good = `{"specversion":"1.0","id":"${run++}","source":"/good","type":"t"}`
    const answer = await sendBatch(gateway.port, `[${[...members, good].join(',')}]`)
    const stored = (await gateway.logs.records()).length - before
    if (answer.status === 400) {
      assert.equal(stored, 0)
      assert.equal(JSON.parse(answer.body).status, 400)
      return
    }
    assert.equal(answer.status, 202)
    const told: readonly Told[] = JSON.parse(answer.body)
    assert.deepStrictEqual(
      told.map(({ index }) => index),
      told.map((_, index) => index),
    )
    const count = (status: string) => told.filter((each) => each.status === status).length
    assert.equal(stored, count('accepted'))
    assert.equal(told.length, stored + count('duplicate') + count('rejected'))
    seen.accepted += stored
    seen.rejected += count('rejected')
  })
  await fc.assert(check, { seed, numRuns: runs })
  return seen
}

async function sendBatch(port: number, text: string): Promise<RawResponse> {
  const body = Buffer.from(text, 'latin1')
  const head = `${LINE}${CLOSE}Prefer: handling=lenient\r\nContent-Type: application/cloudevents-batch+json\r\nContent-Length: ${body.length}\r\n\r\n`
  const bytes = Buffer.concat([Buffer.from(head), body])
  const [answer] = await rawExchange(port, bytes, { deadlineMs: DEADLINE_MS })
  assert.ok(answer, 'an answer')
  return answer
}
