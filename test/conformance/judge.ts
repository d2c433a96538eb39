import { isDeepStrictEqual } from 'node:util'
import type {
  AnswerExpectation,
  DeliveryExpectation,
  Expectation,
  Gap,
} from './conformance-case.ts'
import { type ReceivedEvent, receivedEvent } from './received-event.ts'
import type { Arrival } from './scripted-subscribers.ts'
import type { IngressAnswer } from './send-request.ts'

export type ArrivalsAt = (subscriber: string) => readonly Arrival[]

const ACCEPTED: AnswerExpectation = { status: [200, 201, 202, 204] }

/** What is expected of each subscriber that is spoken of. */
export function expectedArrivals(
  expect: Expectation,
): ReadonlyMap<string, readonly DeliveryExpectation[]> {
  const all = new Map(Object.entries(expect.delivered ?? {}))
  if (expect.deadLetter !== undefined) all.set('sink', expect.deadLetter)
  return all
}

/** What is wrong with the ingress's answers, a sentence each. */
export function judgeAnswers(expect: Expectation, answers: readonly IngressAnswer[]): string[] {
  const { answer = ACCEPTED } = expect
  return answers.flatMap((actual, index) => {
    const expected = isList(answer) ? answer[index] : answer
    return expected === undefined ? [] : judgeAnswer(actual, expected, index)
  })
}

/** What is wrong with what came to the subscribers, a sentence each. */
export function judgeArrivals(expect: Expectation, arrivalsAt: ArrivalsAt): string[] {
  const faults: string[] = []
  for (const [name, expected] of expectedArrivals(expect)) {
    faults.push(...judgeSubscriber(name, expected, arrivalsAt(name).map(receivedEvent)))
  }
  for (const [name, gaps] of Object.entries(expect.gaps ?? {})) {
    faults.push(...judgeGaps(name, gaps, arrivalsAt(name)))
  }
  for (const { at, ids } of expect.order ?? []) {
    const seen = arrivalsAt(at)
      .map((arrival) => receivedEvent(arrival).attributes.get('id') ?? '')
      .filter((id) => ids.includes(id))
    if (!isDeepStrictEqual(seen, [...ids])) {
      faults.push(`${at}: the order must be ${ids.join(' ')}, and is ${seen.join(' ')}`)
    }
  }
  return faults
}

function isList(
  answer: AnswerExpectation | readonly AnswerExpectation[],
): answer is readonly AnswerExpectation[] {
  return Array.isArray(answer)
}

function judgeAnswer(actual: IngressAnswer, expected: AnswerExpectation, index: number): string[] {
  const faults: string[] = []
  const statuses = [expected.status].flat()
  const shown = actual.body.slice(0, 200)
  if (!statuses.includes(actual.status)) {
    faults.push(
      `answer ${index}: the status must be ${statuses.join(' or ')}, and is ${actual.status} ${shown}`,
    )
  }
  for (const [name, pattern] of Object.entries(expected.headers ?? {})) {
    const value = actual.headers[name]
    if (value === undefined || !pattern.test(value)) {
      faults.push(`answer ${index}: ${name} must match ${pattern}, and is ${value}`)
    }
  }
  if (expected.body?.test(actual.body) === false) {
    faults.push(`answer ${index}: the body must match ${expected.body}, and is ${shown}`)
  }
  return faults
}

/** Pairs each expectation with a request of its own, the first that meets it. */
function judgeSubscriber(
  name: string,
  expected: readonly DeliveryExpectation[],
  events: readonly ReceivedEvent[],
): string[] {
  const faults: string[] = []
  if (events.length !== expected.length) {
    const ids = events.map(({ attributes }) => attributes.get('id') ?? '?')
    const shown = ids.length === 0 ? '' : `: ${ids.slice(0, 10).join(' ')}`
    faults.push(`${name}: ${expected.length} requests must come, and ${events.length} came${shown}`)
  }
  const left = [...events]
  for (const each of expected) {
    const judged = left.map((event) => judgeEvent(each, event))
    const met = judged.findIndex((found) => found.length === 0)
    if (met >= 0) left.splice(met, 1)
    else {
      const nearest = judged.sort((one, other) => one.length - other.length)[0]
      faults.push(...(nearest ?? []).map((fault) => `${name}: ${fault}`))
    }
  }
  return faults
}

function judgeEvent(expected: DeliveryExpectation, event: ReceivedEvent): string[] {
  const faults = [
    ...judgeTexts('header', expected.headers, event.headers),
    ...judgeTexts('attribute', expected.attributes, event.attributes),
  ]
  if (expected.data !== undefined) {
    const wanted = expected.data === null ? undefined : Buffer.from(expected.data)
    if (!isDeepStrictEqual(wanted, event.data)) {
      faults.push(`the data must be ${shown(wanted)}, and is ${shown(event.data)}`)
    }
  }
  if (expected.json !== undefined && !isDeepStrictEqual(parsed(event.data), expected.json)) {
    faults.push(`the data must be ${JSON.stringify(expected.json)}, and is ${shown(event.data)}`)
  }
  return faults
}

function judgeTexts(
  what: string,
  expected: DeliveryExpectation['headers'],
  actual: ReadonlyMap<string, string>,
): string[] {
  return Object.entries(expected ?? {}).flatMap(([name, wanted]) => {
    const value = actual.get(name)
    if (isMet(wanted, value)) return []
    const must = wanted === null ? 'must not be there' : `must be ${wanted}`
    return [`the ${what} ${name} ${must}, and is ${value ?? 'missing'}`]
  })
}

function isMet(wanted: string | RegExp | null, value: string | undefined): boolean {
  if (wanted === null) return value === undefined
  if (value === undefined) return false
  return typeof wanted === 'string' ? value === wanted : wanted.test(value)
}

function judgeGaps(name: string, gaps: readonly Gap[], arrivals: readonly Arrival[]): string[] {
  return gaps.flatMap(({ atLeastMs, atMostMs }, index) => {
    const first = arrivals[index]
    const second = arrivals[index + 1]
    if (first === undefined || second === undefined) return []
    const ms = Math.round(second.timeMs - first.timeMs)
    if (ms >= atLeastMs && ms <= atMostMs) return []
    return [`${name}: gap ${index} must be ${atLeastMs} to ${atMostMs} ms, and is ${ms} ms`]
  })
}

function parsed(data: Buffer | undefined): unknown {
  try {
    return JSON.parse(data?.toString('utf8') ?? '')
  } catch {
    return undefined
  }
}

function shown(data: Buffer | undefined): string {
  if (data === undefined) return 'missing'
  return JSON.stringify(data.toString('utf8').slice(0, 100))
}
