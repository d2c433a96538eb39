import { setTimeout as delay } from 'node:timers/promises'
import type { KafkaNode } from '../../support/kafka/kafka-node.ts'
import { conclude } from '../conclude.ts'
import type { Report } from '../report.ts'
import { Trial } from '../trial.ts'
import type { ScenarioOptions } from './scenario.ts'

const PER_SECOND = 600
const FAILING_EVERY = 20
const POISON_EVERY = 100
const RETRIES = 3
const KILLS = 2

/**
 * Dispatchers are killed, and Kafka after them, while some events fail once and others always: each
 * keeps count of its attempts, and ends delivered or dead-lettered.
 */
export async function killedWhileFailing(options: ScenarioOptions<KafkaNode>): Promise<Report> {
  const { kafka, dir, events } = options
  const failed = new Set<string>()
  const trial = await Trial.start({
    servers: [kafka.bootstrap],
    replicas: 1,
    dir,
    perSecond: PER_SECOND,
    spec: `  delivery: {retry: ${RETRIES}, backoffPolicy: linear, backoffDelay: PT1S}`,
    treat: (_path, id) => {
      const isFirst = isFailing(id) && !failed.has(id)
      failed.add(id)
      return { status: isPoison(id) || isFirst ? 500 : 200, afterMs: 0 }
    },
  })
  try {
    trial.begin()
    for (const share of [0.3, 0.6]) {
      await trial.until(events * share)
      const [dispatcher] = trial.dispatchers
      if (dispatcher === undefined) throw new Error('there is no dispatcher')
      trial.remove(dispatcher)
      await trial.disturbances.during(0, () => dispatcher.stop('SIGKILL'))
      await delay(500)
      await trial.disturbances.during(5000, () => kafka.restart())
      await trial.addDispatcher()
    }
    await trial.until(events)
    const report = await conclude(trial, { isPoison: (_trigger, id) => isPoison(id) })
    trial.faults.push(...wrongAttempts(trial))
    return report
  } finally {
    await trial.close()
  }
}

function wrongAttempts({ subscriber }: Trial): readonly string[] {
  const found: string[] = []
  for (const [id, arrivals] of subscriber.at('/all')) {
    if (!isPoison(id)) continue
    const least = RETRIES + 1
    // An attempt that a crash or a takeover cuts off is not counted.
    const most = least + 2 * KILLS
    if (arrivals.length < least || arrivals.length > most) {
      found.push(`${id} was tried ${arrivals.length} times, not ${least} to ${most}`)
    }
  }
  if (found.length === 0 && subscriber.at('/all').size < POISON_EVERY) found.push('no poison')
  return found.slice(0, 5)
}

function isFailing(id: string): boolean {
  return Number(id.slice(1)) % FAILING_EVERY === 3
}

function isPoison(id: string): boolean {
  return Number(id.slice(1)) % POISON_EVERY === 7
}
