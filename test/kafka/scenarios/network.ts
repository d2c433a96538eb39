import { setTimeout as delay } from 'node:timers/promises'
import type { Fate } from '../../support/proxied-connection.ts'
import type { TcpProxy } from '../../support/tcp-proxy.ts'
import { conclude } from '../conclude.ts'
import { knownLeader } from '../known-leader.ts'
import type { Report } from '../report.ts'
import { Trial } from '../trial.ts'
import type { Kafkas, ScenarioOptions } from './scenario.ts'

const PER_SECOND = 600
const PRODUCE = 0
/** Every so many Produce requests have bad luck. */
const CUT_EVERY = 100
const STALLED_MS = 6000
const NOTICED_MS = 5000
const SLOW_MS = 25

type Options = ScenarioOptions<Kafkas['proxied']>

function start({ kafka, dir }: Options): Promise<Trial> {
  const { servers } = kafka.trio
  return Trial.start({ servers, replicas: 3, dir, perSecond: PER_SECOND })
}

/** Connections are cut at Produce requests, all the time: those of gateways and of dispatchers. */
export function connectionsCut(fate: Fate): (options: Options) => Promise<Report> {
  return async (options) => {
    const { proxies } = options.kafka
    const trial = await start(options)
    let cuts = 0
    try {
      trial.begin()
      await trial.until(options.events * 0.1)
      await trial.disturbances.during(NOTICED_MS, async () => {
        let requests = 0
        const decide = (apiKey: number) => {
          if (apiKey !== PRODUCE || ++requests % CUT_EVERY !== 0) return 'forward'
          cuts++
          return fate
        }
        for (const proxy of proxies) proxy.onRequest = ({ apiKey }) => decide(apiKey)
        await trial.until(options.events * 0.9)
        for (const proxy of proxies) proxy.onRequest = () => 'forward'
      })
      await trial.until(options.events)
      if (cuts === 0) trial.faults.push('nothing was cut')
      return await conclude(trial)
    } finally {
      for (const proxy of proxies) proxy.onRequest = () => 'forward'
      await trial.close()
    }
  }
}

/** A broker's process stands still, twice, and goes on. */
export async function brokerStalls(options: Options): Promise<Report> {
  const { trio } = options.kafka
  const trial = await start(options)
  try {
    trial.begin()
    for (const share of [0.2, 0.6]) {
      await trial.until(options.events * share)
      const node = trio.node(await knownLeader(trio.servers, trial.topic))
      await trial.disturbances.during(NOTICED_MS, async () => {
        await node.pause()
        await delay(STALLED_MS)
        node.resume()
        await trio.whole()
      })
    }
    await trial.until(options.events)
    return await conclude(trial)
  } finally {
    await trial.close()
  }
}

/** Nothing passes between Sluice and one of the brokers, which itself is well. */
export async function networkStalls(options: Options): Promise<Report> {
  const { proxies, trio } = options.kafka
  const trial = await start(options)
  const proxy = async (): Promise<TcpProxy | undefined> => {
    const leader = await knownLeader(trio.servers, trial.topic)
    return proxies[trio.nodes.findIndex(({ id }) => id === leader)]
  }
  try {
    trial.begin()
    for (const share of [0.2, 0.6]) {
      await trial.until(options.events * share)
      const stalled = await proxy()
      await trial.disturbances.during(NOTICED_MS, async () => {
        stalled?.stall()
        await delay(STALLED_MS)
        stalled?.goOn()
      })
    }
    await trial.until(options.events)
    return await conclude(trial)
  } finally {
    for (const each of proxies) each.goOn()
    await trial.close()
  }
}

/** Every packet takes its time. Nothing comes twice. */
export async function slowNetwork(options: Options): Promise<Report> {
  const { proxies } = options.kafka
  const trial = await start(options)
  try {
    trial.begin()
    await trial.until(options.events * 0.1)
    for (const proxy of proxies) proxy.delayMs = SLOW_MS
    await trial.until(options.events * 0.9)
    for (const proxy of proxies) proxy.delayMs = 0
    await trial.until(options.events)
    const report = await conclude(trial)
    if (report.refused + report.broken > 0) {
      trial.faults.push(`${report.refused} refused and ${report.broken} broken by a slow network`)
    }
    return report
  } finally {
    for (const proxy of proxies) proxy.delayMs = 0
    await trial.close()
  }
}
