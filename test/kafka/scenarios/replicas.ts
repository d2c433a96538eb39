import { setTimeout as delay } from 'node:timers/promises'
import type { KafkaNode } from '../../support/kafka/kafka-node.ts'
import { conclude } from '../conclude.ts'
import type { Report } from '../report.ts'
import { Trial } from '../trial.ts'
import type { ScenarioOptions } from './scenario.ts'

const PER_SECOND = 1000
/** Requests under way when a process is killed. */
const BROKEN = 3 * 256

type Options = ScenarioOptions<KafkaNode>

function start({ kafka, dir }: Options): Promise<Trial> {
  return Trial.start({ servers: [kafka.bootstrap], replicas: 1, dir, perSecond: PER_SECOND })
}

/** `kill -9` of one of two gateways, three times; a new one takes its place. */
export async function gatewayKilled(options: Options): Promise<Report> {
  const trial = await start(options)
  try {
    trial.begin()
    for (const share of [0.2, 0.45, 0.7]) {
      await trial.until(options.events * share)
      const [gateway] = trial.gateways
      if (gateway === undefined) throw new Error('there is no gateway')
      trial.remove(gateway)
      await trial.disturbances.during(0, () => gateway.stop('SIGKILL'))
      await trial.addGateway()
    }
    await trial.until(options.events)
    const report = await conclude(trial)
    if (report.broken > BROKEN) trial.faults.push(`${report.broken} requests without an answer`)
    return report
  } finally {
    await trial.close()
  }
}

/** `kill -9` of one of two dispatchers, three times; a new one takes its place. */
export async function dispatcherKilled(options: Options): Promise<Report> {
  const trial = await start(options)
  try {
    trial.begin()
    for (const share of [0.2, 0.45, 0.7]) {
      await trial.until(options.events * share)
      const [dispatcher] = trial.dispatchers
      if (dispatcher === undefined) throw new Error('there is no dispatcher')
      await trial.disturbances.during(0, () => dispatcher.stop('SIGKILL'))
      trial.remove(dispatcher)
      await delay(1000)
      await trial.addDispatcher()
    }
    await trial.until(options.events)
    return await conclude(trial)
  } finally {
    await trial.close()
  }
}

/** `kill -9` of all dispatchers at once, and new ones some time later. */
export async function allDispatchersKilled(options: Options): Promise<Report> {
  const trial = await start(options)
  try {
    trial.begin()
    for (const share of [0.3, 0.6]) {
      await trial.until(options.events * share)
      const killed = [...trial.dispatchers]
      await trial.disturbances.during(0, () =>
        Promise.all(killed.map((dispatcher) => dispatcher.stop('SIGKILL'))),
      )
      for (const dispatcher of killed) trial.remove(dispatcher)
      await Promise.all(killed.map(() => trial.addDispatcher()))
    }
    await trial.until(options.events)
    return await conclude(trial)
  } finally {
    await trial.close()
  }
}

/** Replicas come, and others leave in order: nobody notices. */
export async function replicasComeAndGo(options: Options): Promise<Report> {
  const trial = await start(options)
  try {
    trial.begin()
    for (const share of [0.15, 0.4, 0.65]) {
      await trial.until(options.events * share)
      const leaving = [trial.dispatchers[0], trial.gateways[0]]
      await Promise.all([trial.addDispatcher(), trial.addGateway()])
      for (const sluice of leaving) {
        if (sluice === undefined) continue
        const code = await trial.remove(sluice).stop()
        if (code !== 0) trial.faults.push(`a ${sluice.role} ended with ${code}`)
      }
    }
    await trial.until(options.events)
    const report = await conclude(trial)
    if (report.broken + report.refused > 0) {
      trial.faults.push(
        `${report.broken} broken and ${report.refused} refused, although all in order: ${why(trial)}`,
      )
    }
    return report
  } finally {
    await trial.close()
  }
}

/** How often which error came instead of an answer. */
function why({ answers }: Trial): string {
  const errors = Map.groupBy(answers, ({ error }) => error ?? '')
  return [...errors].map(([error, all]) => `${error} ${all.length}`).join(', ')
}

/** A dispatcher stands still until its partitions have moved, and then goes on, twice. */
export async function dispatcherStopped(options: Options): Promise<Report> {
  const trial = await start(options)
  try {
    trial.begin()
    for (const share of [0.2, 0.6]) {
      await trial.until(options.events * share)
      const [dispatcher, other] = trial.dispatchers
      if (dispatcher === undefined || other === undefined) throw new Error('there are not two')
      // What was under way when it stopped is answered, and heard of when it goes on.
      await trial.disturbances.during(1000, async () => {
        dispatcher.pause()
        await delay(STOPPED_MS)
        dispatcher.resume()
      })
      await dispatcher.until('/readyz', (body) => body.includes('"warnings":[]'))
    }
    await trial.until(options.events)
    return await conclude(trial)
  } finally {
    await trial.close()
  }
}

/** Longer than the session of 2 s, and than a takeover. */
const STOPPED_MS = 6000
