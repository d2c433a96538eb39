import { setTimeout as delay } from 'node:timers/promises'
import type { KafkaNode } from '../../support/kafka/kafka-node.ts'
import { conclude } from '../conclude.ts'
import type { Arrival, Treatment } from '../recording-subscriber.ts'
import type { Report } from '../report.ts'
import { Trial, type TrialOptions } from '../trial.ts'
import type { ScenarioOptions } from './scenario.ts'

type Options = ScenarioOptions<KafkaNode>

const TRIGGERS = 20
/** Twenty deliveries each: 3000 a second. */
const EVENTS_PER_SECOND = 150
const PER_SECOND = 600
const KEYS = 97
const POISON_EVERY = 100
const RETRIES = 2
/** Longer than a session of 2 s, and than Kafka's default of 6 s. */
const SLOW_MS = 9000
const SLOW_EVERY = 500

const ok: Treatment = { status: 200, afterMs: 0 }

function start({ kafka, dir }: Options, more: Partial<TrialOptions>): Promise<Trial> {
  const servers = [kafka.bootstrap]
  return Trial.start({ servers, replicas: 1, dir, perSecond: PER_SECOND, ...more })
}

/** The subscriber of one of twenty Triggers answers nothing; the others are not held up. Then it answers. */
export async function subscriberHangs(options: Options): Promise<Report> {
  const events = Math.round(options.events / 5)
  const without = await twentyTriggers(options, events, false)
  const { tailMs, report } = await twentyTriggers(options, events, true)
  if (tailMs > without.tailMs + TAIL_MS) {
    const [hanging, none] = [tailMs, without.tailMs].map(Math.round)
    return {
      ...report,
      faults: [...report.faults, `others held up: ${hanging} ms, else ${none} ms`],
    }
  }
  return report
}

/** What chance may add to the time that the last deliveries need, in milliseconds. */
const TAIL_MS = 3000

async function twentyTriggers(options: Options, events: number, hangs: boolean) {
  let isHanging = hangs
  const triggers = Array.from({ length: TRIGGERS }, (_, i) => `t${i}`)
  const treat = (path: string) =>
    isHanging && path === '/t7' ? { status: 200, afterMs: Number.POSITIVE_INFINITY } : ok
  const trial = await start(options, { triggers, treat, perSecond: EVENTS_PER_SECOND })
  let tailMs = 0
  try {
    trial.begin()
    await trial.disturbances.during(1000, async () => {
      await trial.until(events)
      await trial.end()
      const loadEnded = performance.now()
      const others = triggers.filter((name) => name !== 't7')
      const acknowledged = trial.answers.filter(({ status }) => status === 202).length
      const deadline = loadEnded + 60_000
      while (others.some((name) => trial.subscriber.at(`/${name}`).size < acknowledged)) {
        if (performance.now() > deadline) break
        await delay(20)
      }
      tailMs = performance.now() - loadEnded
      isHanging = false
      trial.subscriber.letGo()
    })
    return { tailMs, report: await conclude(trial) }
  } finally {
    await trial.close()
  }
}

/** Events that always fail: each is retried as its Trigger says, then dead-lettered, and blocks nobody. */
export async function poison(options: Options): Promise<Report> {
  return await withPoison(
    options,
    '  delivery: {retry: 2, backoffPolicy: linear, backoffDelay: PT0.3S}',
  )
}

/** The same where order is kept: each blocks its key, and no other. */
export async function orderedPoison(options: Options): Promise<Report> {
  const trial: { current?: Trial } = {}
  const delivery = '  delivery: {retry: 2, backoffPolicy: linear, backoffDelay: PT0.3S}'
  const annotations = '"kafka.eventing.knative.dev/delivery.order": ordered'
  const report = await withPoison(options, delivery, annotations, trial)
  return trial.current === undefined
    ? report
    : { ...report, faults: [...report.faults, ...disorder(trial.current)] }
}

async function withPoison(
  options: Options,
  spec: string,
  annotations?: string,
  kept: { current?: Trial } = {},
): Promise<Report> {
  const trial = await start(options, {
    spec,
    ...(annotations === undefined ? {} : { annotations }),
    treat: (_path, id) => (isPoison(id) ? { status: 500, afterMs: 0 } : ok),
    attributes: (n) => ({ partitionkey: `key-${n % KEYS}` }),
  })
  kept.current = trial
  try {
    trial.begin()
    await trial.until(options.events)
    const report = await conclude(trial, { isPoison: (_trigger, id) => isPoison(id) })
    const attempts = [...trial.subscriber.at('/all')].filter(([id]) => isPoison(id))
    const wrong = attempts.filter(([, arrivals]) => arrivals.length !== RETRIES + 1)
    if (attempts.length === 0) trial.faults.push('there was no poison')
    if (wrong.length > 0) trial.faults.push(`${wrong.length} not tried ${RETRIES + 1} times`)
    return report
  } finally {
    await trial.close()
  }
}

function isPoison(id: string): boolean {
  return numberOf(id) % POISON_EVERY === 7
}

function numberOf(id: string): number {
  return Number(id.slice(1))
}

/** What came before what it had to wait for, and whether a poisoned key held up others. */
function disorder(trial: Trial): readonly string[] {
  const arrivals = [...trial.subscriber.at('/all')].toSorted(
    ([a], [b]) => numberOf(a) - numberOf(b),
  )
  return [...outOfOrder(trial, arrivals), ...heldUp(trial, arrivals)].slice(0, 5)
}

type Arrivals = readonly (readonly [string, readonly Arrival[]])[]

/** Of those with one key, what was acknowledged before the next was posted stands before it. */
function outOfOrder({ answers }: Trial, arrivals: Arrivals): readonly string[] {
  const posted = new Map(answers.map((answer) => [answer.id, answer]))
  const last = new Map<number, readonly [string, Arrival]>()
  const found: string[] = []
  for (const [id, all] of arrivals) {
    const key = numberOf(id) % KEYS
    const [previous, before] = last.get(key) ?? []
    const [first] = all
    const final = all.at(-1)
    if (first === undefined || final === undefined) continue
    const answeredAt = posted.get(previous ?? '')?.endedAt ?? Number.POSITIVE_INFINITY
    const stoodBefore = answeredAt < (posted.get(id)?.sentAt ?? 0)
    if (stoodBefore && first.at < (before?.endedAt ?? Number.POSITIVE_INFINITY)) {
      found.push(`${id} came before ${previous} had ended, which has the same key`)
    }
    last.set(key, [id, final])
  }
  return found
}

function heldUp({ subscriber: { times } }: Trial, arrivals: Arrivals): readonly string[] {
  return arrivals.flatMap(([id, [first, second]]) => {
    if (!isPoison(id) || first === undefined || second === undefined) return []
    const isSilent = !times.some((at) => at > first.at && at < second.at)
    return isSilent ? [`nothing was delivered between two attempts of ${id}`] : []
  })
}

/** Deliveries that take longer than the session: each arrives once, and the group stays as it is. */
export async function slowSubscriber(options: Options): Promise<Report> {
  const trial = await start(options, {
    spec: '  delivery: {timeout: PT30S}',
    env: { LOG_LEVEL: 'info' },
    treat: (_path, id) =>
      numberOf(id) % SLOW_EVERY === 3 ? { status: 200, afterMs: SLOW_MS } : ok,
  })
  try {
    const before = rebalances(trial)
    trial.begin()
    await trial.until(options.events)
    await delay(SLOW_MS)
    const more = rebalances(trial) - before
    if (before === 0) trial.faults.push('nobody tells of assigned partitions')
    if (more > 0) trial.faults.push(`${more} rebalances during slow deliveries`)
    return await conclude(trial)
  } finally {
    await trial.close()
  }
}

function rebalances({ dispatchers }: Trial): number {
  return dispatchers.reduce(
    (sum, { output }) => sum + output.split('Partitions assigned').length - 1,
    0,
  )
}
