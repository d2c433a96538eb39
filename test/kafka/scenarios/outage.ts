import { setTimeout as delay } from 'node:timers/promises'
import type { KafkaNode } from '../../support/kafka/kafka-node.ts'
import type { SluiceProcess } from '../../support/sluice-process.ts'
import { conclude } from '../conclude.ts'
import type { Report } from '../report.ts'
import { Trial } from '../trial.ts'
import type { ScenarioOptions } from './scenario.ts'

const PER_SECOND = 800
const GONE_MS = 30_000
const NOTICED_MS = 5000
/** After which everybody knows that Kafka is gone. */
const KNOWN_MS = 6000
const RECOVERED_MS = 20_000

/**
 * Kafka is gone for 30 s. Whoever posts meanwhile has 503 within 5 s, every process stays ready and
 * says what is wrong, and all of them recover by themselves.
 */
export async function kafkaGone(options: ScenarioOptions<KafkaNode>): Promise<Report> {
  const { kafka, dir, events } = options
  const servers = [kafka.bootstrap]
  const trial = await Trial.start({ servers, replicas: 1, dir, perSecond: PER_SECOND })
  try {
    trial.begin()
    await trial.until(events * 0.5)
    await trial.disturbances.during(NOTICED_MS, async () => {
      await kafka.kill()
      const from = performance.now()
      await delay(KNOWN_MS)
      await staysReady(trial)
      await delay(GONE_MS - 2 * KNOWN_MS)
      await staysReady(trial)
      await delay(KNOWN_MS)
      const during = trial.answers.filter(({ sentAt }) => sentAt > from)
      const wrong = during.filter(({ status }) => status !== 503)
      if (wrong.length > 0) trial.faults.push(`${wrong.length} not refused while Kafka was gone`)
      if (during.length === 0) trial.faults.push('nobody was refused while Kafka was gone')
      await kafka.start()
      await Promise.all(everyone(trial).map(recovers))
    })
    await trial.until(trial.posted + events * 0.3)
    return await conclude(trial)
  } finally {
    await trial.close()
  }
}

function everyone({ gateways, dispatchers }: Trial): readonly SluiceProcess[] {
  return [...gateways, ...dispatchers]
}

async function staysReady(trial: Trial): Promise<void> {
  for (const sluice of everyone(trial)) {
    const answer = await sluice.get('/readyz')
    const body = await answer.text()
    if (answer.status !== 200 || /"warnings":\[\]/.test(body)) {
      trial.faults.push(`without Kafka a ${sluice.role}'s /readyz is ${answer.status} ${body}`)
    }
  }
}

async function recovers(sluice: SluiceProcess): Promise<void> {
  await sluice.until('/readyz', (body) => body.includes('"warnings":[]'), RECOVERED_MS)
}
