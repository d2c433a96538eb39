import { setTimeout as delay } from 'node:timers/promises'
import type { KafkaNode } from '../../support/kafka/kafka-node.ts'
import type { KafkaTrio } from '../../support/kafka/kafka-trio.ts'
import { conclude } from '../conclude.ts'
import { knownLeader } from '../known-leader.ts'
import type { Report } from '../report.ts'
import { Trial } from '../trial.ts'
import type { ScenarioOptions } from './scenario.ts'

const PER_SECOND = 800
const DEAD_MS = 2000
/** Until clients and the group have noticed that a broker is back, and for requests under way. */
const NOTICED_MS = 5000

/** `kill -9` of the only broker, twice, and a restart. */
export async function brokerKilled(options: ScenarioOptions<KafkaNode>): Promise<Report> {
  const { kafka, dir, events } = options
  const servers = [kafka.bootstrap]
  const trial = await Trial.start({ servers, replicas: 1, dir, perSecond: PER_SECOND })
  try {
    trial.begin()
    for (const share of [0.25, 0.6]) {
      await trial.until(events * share)
      await trial.disturbances.during(NOTICED_MS, async () => {
        await kafka.kill()
        await delay(DEAD_MS)
        await kafka.start()
      })
    }
    await trial.until(events)
    return await conclude(trial)
  } finally {
    await trial.close()
  }
}

/** `kill -9` of each of three brokers in turn. */
export async function eachBrokerKilled(options: ScenarioOptions<KafkaTrio>): Promise<Report> {
  const { kafka, dir, events } = options
  const { servers } = kafka
  const trial = await Trial.start({ servers, replicas: 3, dir, perSecond: PER_SECOND })
  try {
    trial.begin()
    for (const [place, node] of kafka.nodes.entries()) {
      await trial.until(events * (0.15 + 0.25 * place))
      await trial.disturbances.during(NOTICED_MS, async () => {
        await node.kill()
        await delay(DEAD_MS)
        await node.start()
        await kafka.whole()
      })
    }
    await trial.until(events)
    return await conclude(trial)
  } finally {
    await trial.close()
  }
}

/** `kill -9` of the leader of a partition, which comes back late. */
export async function leaderKilled(options: ScenarioOptions<KafkaTrio>): Promise<Report> {
  const { kafka, dir, events } = options
  const { servers } = kafka
  const trial = await Trial.start({ servers, replicas: 3, dir, perSecond: PER_SECOND })
  try {
    trial.begin()
    await trial.until(events * 0.2)
    const leader = kafka.node(await knownLeader(servers, trial.topic))
    await trial.disturbances.during(NOTICED_MS, async () => {
      await leader.kill()
      await trial.until(events * 0.7)
      await leader.start()
      await kafka.whole()
    })
    await trial.until(events)
    return await conclude(trial)
  } finally {
    await trial.close()
  }
}

/** Two of three brokers are killed: nothing is acknowledged until they are back. */
export async function quorumLost(options: ScenarioOptions<KafkaTrio>): Promise<Report> {
  const { kafka, dir, events } = options
  const { servers, nodes } = kafka
  const trial = await Trial.start({ servers, replicas: 3, dir, perSecond: PER_SECOND })
  try {
    trial.begin()
    await trial.until(events * 0.2)
    const killed = nodes.slice(1)
    let from = 0
    let until = 0
    await trial.disturbances.during(NOTICED_MS, async () => {
      await Promise.all(killed.map((node) => node.kill()))
      from = performance.now()
      await delay(10_000)
      until = performance.now()
      await Promise.all(killed.map((node) => node.start()))
      await kafka.whole()
    })
    await trial.until(events)
    const during = trial.answers.filter(({ sentAt, endedAt }) => sentAt > from && endedAt < until)
    const taken = during.filter(({ status }) => status === 202)
    if (taken.length > 0) trial.faults.push(`${taken.length} acknowledged without a quorum`)
    if (during.length === 0) trial.faults.push('nobody was refused')
    return await conclude(trial)
  } finally {
    await trial.close()
  }
}
