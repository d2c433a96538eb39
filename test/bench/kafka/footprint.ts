import { setTimeout as delay } from 'node:timers/promises'
import { openLoop } from '../measure-warm.ts'
import { type KafkaScenario, warmUp } from './scenarios.ts'

const RATE = 8000
const IDLE_MS = 20_000
/** For what follows a load: saves, garbage, compiled code. */
const SETTLE_MS = 5000

/** Memory after load, and CPU without any. */
export const footprint: KafkaScenario = (lab, report, scale) =>
  lab.withProduct(1, async (product) => {
    await warmUp(lab, product, scale, true)
    const load = { ...openLoop, mode: 'binary' as const, rate: RATE, isDelivered: true }
    await lab.bench.measure(product, { ...load, durationMs: scale.durationMs })
    await delay(SETTLE_MS)
    const [dispatcher] = product.dispatchers
    const { now, peak } = product.measured.memory
    const each = (read: 'now' | 'peak') =>
      `gateway ${product.gateway.memory[read].toFixed(0)} + dispatcher ${dispatcher?.child.memory[read].toFixed(0)}`
    report.add({ name: 'memory after load', memory: now, note: `${each('now')} MiB` })
    report.add({ name: 'memory at its highest', memory: peak, note: `${each('peak')} MiB` })
    report.demand('gateway and dispatcher after load, MiB', now, 'at most', 350)

    const before = product.measured.cpuByPart()
    const from = performance.now()
    await delay(IDLE_MS)
    const elapsed = performance.now() - from
    const idle = [...product.measured.cpuByPart()].map(
      ([name, micros]) => [name, (micros - (before.get(name) ?? 0)) / elapsed / 10] as const,
    )
    const note = idle.map(([name, percent]) => `${name} ${percent.toFixed(2)} %`).join(', ')
    report.add({ name: 'idle, of one core', note })
    const sluice = idle.filter(([name]) => name !== 'Kafka')
    const both = sluice.reduce((sum, [, percent]) => sum + percent, 0)
    for (const [name, percent] of [...sluice, ['both', both] as const]) {
      report.demand(`idle: ${name}, % of one core`, percent, 'at most', 1)
    }
  })
