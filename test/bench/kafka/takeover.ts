import type { KafkaNode } from '../../support/kafka/kafka-node.ts'
import { openLoop } from '../measure-warm.ts'
import { deliveriesOf, type KafkaProduct } from './kafka-product.ts'
import type { Lab } from './lab.ts'
import { type KafkaScenario, warmUp } from './scenarios.ts'

const RATE = 1500
const DURATION_MS = 14_000
const ACTION_AT_MS = 4000
const SHARED_BY_MS = 30_000
/** Of the processes, and of the code that they run. */
const WARM_UP = { durationMs: 0, warmUp: 20_000, backlog: 0, stored: 0, starts: 0 }

type Signal = 'SIGKILL' | 'SIGTERM'

/** One of two dispatchers goes away under load, and the other takes over its partitions. */
export const takeover: KafkaScenario = async (lab, report) => {
  const run = async (name: string, kafka: KafkaNode, killed: number) => {
    await lab.withProduct(
      1,
      async (product) => {
        await warmUp(lab, product, WARM_UP, true)
        for (const [what, signal, seconds] of [
          ['kill -9', 'SIGKILL', killed],
          ['SIGTERM', 'SIGTERM', 1],
        ] as const) {
          const { silence, duplicates, missing, ...row } = await endOneOfTwo(lab, product, signal)
          const title = `${name}: ${what} of one of two`
          report.add({ name: title, ...row })
          report.demand(`${title}: silence, s`, silence, 'at most', seconds)
          report.demand(`${title}: duplicates`, duplicates, 'at most', 149)
          report.demand(`${title}: accepted but not delivered`, missing, 'at most', 0)
        }
      },
      kafka,
    )
  }
  await lab.withKafka({ 'group.min.session.timeout.ms': 2000 }, (kafka) =>
    run('session 2 s', kafka, 4),
  )
  await run('default broker', await lab.kafka(), 10)
}

async function endOneOfTwo(lab: Lab, product: KafkaProduct, signal: Signal) {
  await product.addDispatcher()
  await untilShared(lab, product)
  const memory = product.measured.memory.now
  const load = { ...openLoop, mode: 'binary' as const, rate: RATE, durationMs: DURATION_MS }
  const ended = new Promise<void>((resolve, reject) => {
    setTimeout(() => product.endDispatcher(signal).then(resolve, reject), ACTION_AT_MS)
  })
  // Only what stays is measured: a process that is gone has no CPU time to ask for.
  const target = { url: product.url, measured: product.gateway, close: () => product.close() }
  const [measured] = await Promise.all([
    lab.bench.measure(target, { ...load, isDelivered: true }),
    ended,
  ])
  const { latency } = measured.sink
  const { duplicates, missing } = measured
  return {
    rate: measured.rate,
    answered: measured.load.latency,
    delivered: latency,
    memory,
    // An event that came right after the signal has waited for the whole of it.
    silence: latency.max / 1000,
    duplicates,
    missing,
    note: `silence ${latency.max.toFixed(0)} ms, ${duplicates} twice, ${missing} missing`,
  }
}

/** Sends a little, again and again, until every dispatcher delivers some of it. */
async function untilShared(lab: Lab, product: KafkaProduct): Promise<void> {
  const count = () => Promise.all(product.dispatchers.map(deliveriesOf))
  const deadline = performance.now() + SHARED_BY_MS
  for (;;) {
    const before = await count()
    const load = { ...openLoop, mode: 'binary' as const, rate: 1000, events: 1000 }
    await lab.bench.measure(product, { ...load, isDelivered: true })
    const after = await count()
    if (after.every((deliveries, at) => deliveries > (before[at] ?? 0))) return
    if (performance.now() > deadline) throw new Error('The dispatchers do not share the partitions')
  }
}
