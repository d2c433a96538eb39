import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { deadLettersOf } from '../support/dead-letters-of.ts'
import type { SluiceProcess } from '../support/sluice-process.ts'
import type { Arrival } from './recording-subscriber.ts'
import type { Repeats, Report } from './report.ts'
import { storedEvents } from './stored-events.ts'
import type { Trial } from './trial.ts'

/** For all that is open to be delivered once nothing is broken any more. */
const DELIVERED_WITHIN_MS = 60_000
/** For whatever comes again although it should not. */
const SETTLE_MS = 1000
const MEMORY_MIB = 400
const SHOWN_OUTPUT = 600

/** Lines that no process may write, whatever happens to its Kafka. */
const BUGS =
  /unhandled|uncaught|TypeError|ReferenceError|RangeError|AssertionError|"level":(?:60|"fatal")|\(node:\d+\) \w*Warning/i

export interface ConcludeOptions {
  /** Events that end as dead letters of a Trigger instead of being delivered. */
  readonly isPoison?: (trigger: string, id: string) => boolean
  /** Triggers that are not looked at. */
  readonly ignored?: readonly string[]
}

/**
 * Ends the load, waits until everything is delivered, and compares event by event. Ends all
 * processes in order.
 */
export async function conclude(trial: Trial, options: ConcludeOptions = {}): Promise<Report> {
  await trial.end()
  const stored = await storedEvents(trial.options.servers, trial.topic)
  const missing = await untilDelivered(trial, stored, options)
  await delay(SETTLE_MS)
  const deadLettered = await dead(trial)
  const peakMiB = Math.max(...(await Promise.all(living(trial).map(peakOf))))
  if (peakMiB > MEMORY_MIB) trial.faults.push(`${Math.round(peakMiB)} MiB in one process`)
  await endInOrder(trial)
  const { answers, faults } = trial
  const acknowledged = answers.filter(({ status }) => status === 202)
  const refused = answers.filter(({ status }) => status === 503)
  if (refused.some(({ retryAfter }) => retryAfter === undefined)) {
    faults.push('503 without Retry-After')
  }
  const strange = answers.find(({ status = 202 }) => status !== 202 && status !== 503)
  if (strange !== undefined) faults.push(`an event was answered ${strange.status}`)
  return {
    acknowledged: acknowledged.length,
    refused: refused.length,
    broken: answers.length - acknowledged.length - refused.length,
    stored: stored.size,
    lost: acknowledged.flatMap(({ id }) => (stored.has(id) ? [] : [id])),
    missing,
    delivered: looked(trial, options).reduce((sum, name) => sum + ended(trial, name), 0),
    deadLettered: deadLettered.size,
    storedTwice: storedTwice(trial, stored),
    deliveredTwice: deliveredTwice(trial, stored, options),
    silenceMs: silence(trial),
    slowestRefusalMs: Math.max(0, ...refused.map(({ sentAt, endedAt }) => endedAt - sentAt)),
    machineMs: trial.disturbances.waitedMs,
    peakMiB,
    faults,
  }
}

function looked(trial: Trial, { ignored = [] }: ConcludeOptions): readonly string[] {
  return trial.triggers.filter((name) => !ignored.includes(name))
}

function ended(trial: Trial, name: string): number {
  let count = 0
  for (const arrivals of trial.subscriber.at(`/${name}`).values())
    if (arrivals.some(isTaken)) count++
  return count
}

function isTaken({ status, endedAt }: Arrival): boolean {
  return status < 300 && endedAt !== undefined
}

/** @returns `<trigger> <id>` of what is not, after all */
async function untilDelivered(
  trial: Trial,
  stored: ReadonlyMap<string, number>,
  options: ConcludeOptions,
): Promise<readonly string[]> {
  const { isPoison = () => false } = options
  const deadline = performance.now() + DELIVERED_WITHIN_MS
  for (;;) {
    const missing = looked(trial, options).flatMap((name) => {
      const arrivals = trial.subscriber.at(`/${name}`)
      return [...stored.keys()].flatMap((id) =>
        isPoison(name, id) || arrivals.get(id)?.some(isTaken) ? [] : [`${name} ${id}`],
      )
    })
    const letters = await dead(trial)
    for (const name of looked(trial, options)) {
      for (const id of stored.keys()) {
        if (isPoison(name, id) && !letters.has(`${name} ${id}`)) missing.push(`${name} ${id} dead`)
        if (!isPoison(name, id) && letters.has(`${name} ${id}`)) {
          trial.faults.push(`${name} ${id} is a dead letter`)
        }
      }
    }
    if (missing.length === 0 || performance.now() > deadline) return missing
    await delay(100)
  }
}

/** `<trigger> <id>` of every dead letter. */
async function dead(trial: Trial): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  const [dispatcher] = trial.dispatchers
  if (dispatcher === undefined) return found
  for (const name of trial.triggers) {
    const trigger = `default/${trial.broker}-${name}`
    const letters = await deadLettersOf(dispatcher, trigger).catch(() => [])
    for (const { event } of letters) found.add(`${name} ${event.id}`)
  }
  return found
}

function storedTwice(trial: Trial, stored: ReadonlyMap<string, number>): Repeats {
  const posted = new Map(trial.answers.map((answer) => [answer.id, answer]))
  const repeats = { count: 0, explained: 0, unexplained: [] as string[] }
  for (const [id, times] of stored) {
    if (times === 1) continue
    const answer = posted.get(id)
    repeats.count += times - 1
    if (answer !== undefined && trial.disturbances.explain(answer.sentAt, answer.endedAt)) {
      repeats.explained += times - 1
    } else {
      repeats.unexplained.push(`${id} ${times} times`)
    }
  }
  return repeats
}

/** What came more often than it is stored: an attempt before was cut off, or its end was not written down. */
function deliveredTwice(
  trial: Trial,
  stored: ReadonlyMap<string, number>,
  options: ConcludeOptions,
): Repeats {
  const repeats = { count: 0, explained: 0, unexplained: [] as string[] }
  for (const name of looked(trial, options)) {
    for (const [id, arrivals] of trial.subscriber.at(`/${name}`)) {
      const more = arrivals.filter(({ status }) => status < 300).length - (stored.get(id) ?? 0)
      if (more <= 0) continue
      repeats.count += more
      const explained = arrivals
        .slice(0, -1)
        .filter(({ at, endedAt = performance.now() }) =>
          trial.disturbances.explain(at, endedAt),
        ).length
      repeats.explained += Math.min(more, explained)
      if (explained < more) {
        const [{ at, endedAt = at } = { at: 0 }] = arrivals
        repeats.unexplained.push(`${name} ${id}: ${trial.disturbances.locate(at, endedAt)}`)
      }
    }
  }
  return repeats
}

function silence({ subscriber: { times } }: Trial): number {
  let longest = 0
  for (let i = 1; i < times.length; i++)
    longest = Math.max(longest, (times[i] ?? 0) - (times[i - 1] ?? 0))
  return longest
}

function living(trial: Trial): readonly SluiceProcess[] {
  return [...trial.gateways, ...trial.dispatchers]
}

/** MiB */
async function peakOf({ child }: SluiceProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024
}

async function endInOrder(trial: Trial): Promise<void> {
  const { faults } = trial
  await Promise.all(
    living(trial).map(async (sluice) => {
      const { exitCode } = sluice.child
      if (exitCode !== null)
        faults.push(`a ${sluice.role} has ended with ${exitCode} before its time`)
      const code = await sluice.stop()
      if (code !== 0) faults.push(`a ${sluice.role} ended with ${code}`)
    }),
  )
  for (const { role, output } of trial.everyone) {
    const bug = BUGS.exec(output)
    if (bug === null) continue
    const from = Math.max(0, bug.index - 100)
    faults.push(`a ${role} says: ${output.slice(from, from + SHOWN_OUTPUT)}`)
  }
}
