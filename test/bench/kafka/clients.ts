import { startFlags } from '../../support/start-flags.ts'
import { Child } from '../child.ts'
import type { Scale } from '../measure-warm.ts'
import type { Report } from '../report.ts'
import { PARTITIONS } from './kafka-product.ts'
import type { Lab } from './lab.ts'
import { ProcessGroup } from './process-group.ts'
import type { Client, ProduceJob, ProduceOptions, ProduceResult } from './produce.ts'
import { AT_RATE } from './scenarios.ts'

const JOBS: readonly (readonly [how: string, job: Omit<ProduceJob, 'durationMs'>])[] = [
  ['100 a call, 8 calls', { batch: 100, calls: 8 }],
  [`at ${AT_RATE}/s, a call each 5 ms`, { batch: 1, calls: 1, rate: AT_RATE }],
]
/** As the gateway does it. */
const SINGLE = ['1 a call, 800 calls', { batch: 1, calls: 800 }] as const

/** What the Kafka client alone costs: kafkajs as it comes, and beside it what the gateway uses. */
export async function clients(lab: Lab, report: Report, scale: Scale): Promise<void> {
  for (const client of ['kafkajs', 'KafkaProducer'] as const) {
    const jobs = client === 'kafkajs' ? JOBS : [...JOBS, SINGLE]
    await withProducer(lab, client, async (child, kafka) => {
      for (const [how, job] of jobs) {
        await produce(child, { ...job, durationMs: scale.durationMs / 2 })
        const group = new ProcessGroup([
          { name: client, pid: child.pid, isSluice: true },
          { name: 'Kafka', pid: kafka, isSluice: false },
        ])
        const before = group.cpuByPart()
        const result = await produce(child, { ...job, durationMs: scale.durationMs })
        const parts = [...group.cpuByPart()].map(
          ([name, micros]) => [name, (micros - (before.get(name) ?? 0)) / result.records] as const,
        )
        report.add({
          name: `${client} alone, ${how}`,
          rate: (result.records / result.elapsedMs) * 1000,
          cpuMicros: parts.reduce((sum, [, micros]) => sum + micros, 0),
          answered: result.latency,
          memory: group.memory.peak,
          note: parts.map(([name, micros]) => `${name} ${micros.toFixed(1)}`).join(' + '),
        })
      }
    })
  }
}

async function withProducer(
  lab: Lab,
  client: Client,
  run: (child: Child, kafka: number) => Promise<void>,
): Promise<void> {
  const kafka = await lab.kafka()
  const flags = [...startFlags('gateway'), '--disable-warning=TimeoutNegativeWarning']
  const child = Child.fork('kafka/produce.ts', flags)
  try {
    const ready = child.answer((message) => (message as { isReady?: true }).isReady)
    child.send({
      client,
      server: kafka.bootstrap,
      topic: `bench-${client}`,
      partitions: PARTITIONS,
    } satisfies ProduceOptions)
    await ready
    await run(child, kafka.pid ?? 0)
  } finally {
    await child.stop()
  }
}

async function produce(child: Child, job: ProduceJob): Promise<ProduceResult> {
  child.send(job)
  return child.answer((message) => (message as { result?: ProduceResult }).result)
}
