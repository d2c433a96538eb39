import type { Bench, Measurement } from './bench.ts'
import { Product } from './product.ts'
import type { Report } from './report.ts'
import type { Scenario } from './scenarios.ts'

const MOST_MIB = 400
const FLATNESS = 1.1
/** Half of what delivery sustains, so that no backlog blurs the picture. */
const MEMORY_SHARE = 0.2

/** Mean resident memory, in MiB, of each fifth of what was watched. */
function fifths(samples: readonly number[]): number[] {
  return Array.from({ length: 5 }, (_, fifth) => {
    const from = Math.floor((samples.length * fifth) / 5)
    const part = samples.slice(
      from,
      Math.max(from + 1, Math.floor((samples.length * (fifth + 1)) / 5)),
    )
    return part.reduce((sum, each) => sum + each, 0) / part.length
  })
}

function watchMemory(product: Product): { watch: () => void; fifths: () => number[] } {
  const samples: number[] = []
  return { watch: () => void samples.push(product.child.memory.now), fifths: () => fifths(samples) }
}

function demandFlat(report: Report, name: string, parts: readonly number[], peak: number): void {
  const growth = (parts[4] ?? Number.NaN) / (parts[1] ?? Number.NaN)
  report.demand(`${name}: memory at its highest, MiB`, peak, 'at most', MOST_MIB)
  report.demand(`${name}: last fifth, × the second`, growth, 'at most', FLATNESS)
}

function listed(parts: readonly number[]): string {
  return `fifths ${parts.map((part) => part.toFixed(0)).join(', ')} MiB`
}

/** Many events with 256 MiB of retention, at a rate that leaves no backlog. */
export const memory: Scenario = async (bench, report, scale) => {
  const options = { triggers: 1, subscriber: bench.subscriber, retentionBytes: '256Mi' }
  const product = await Product.start(options)
  try {
    const { watch, fifths: parts } = watchMemory(product)
    const measured = await bench.measure(product, {
      connections: 256,
      depth: 1,
      mode: 'binary',
      events: scale.stored,
      rate: Math.round((report.empty?.rate ?? 20_000) * MEMORY_SHARE),
      isDelivered: true,
      watch,
    })
    report.add({
      name: `${scale.stored} events, 256 MiB kept`,
      rate: measured.rate,
      cpuMicros: measured.cpuMicros,
      answered: measured.load.latency,
      delivered: measured.sink.latency,
      memory: measured.memoryPeak,
      note: `${listed(parts())}, ${measured.missing} missing`,
    })
    demandFlat(report, 'memory', parts(), measured.memoryPeak)
  } finally {
    await product.close()
  }
}

/**
 * Ten times what the subscriber takes: 64 in flight, each answered after 64 ms, is 1,000 events a
 * second. The log fills up to its limit, and the rest is refused.
 */
export const slow: Scenario = async (bench, report, scale) => {
  const options = { triggers: 1, subscriber: bench.subscriber, retentionBytes: '32Mi' }
  await overload(bench, report, 'ten times what the subscriber takes', options, {
    connections: 256,
    depth: 1,
    rate: 10_000,
    durationMs: scale.durationMs * 3,
    delayMs: 64,
  })
}

/**
 * Ten times what the product takes is due, over connections that send on without waiting for every
 * answer; TCP slows them down to what the product reads.
 */
export const flood: Scenario = async (bench, report, scale) => {
  const options = { triggers: 1, subscriber: bench.subscriber, retentionBytes: '512Mi' }
  await overload(bench, report, 'ten times what the product takes', options, {
    connections: 1024,
    depth: 8,
    rate: Math.round((report.empty?.rate ?? 20_000) * 3),
    durationMs: scale.durationMs * 2,
  })
}

async function overload(
  bench: Bench,
  report: Report,
  name: string,
  options: Parameters<typeof Product.start>[0],
  load: { connections: number; depth: number; rate: number; durationMs: number; delayMs?: number },
): Promise<void> {
  const product = await Product.start(options)
  try {
    const { watch, fifths: parts } = watchMemory(product)
    const measured = await bench.measure(product, {
      ...load,
      mode: 'binary',
      isDelivered: true,
      watch,
    })
    const refused = measured.load.statuses[503] ?? 0
    report.add({
      name,
      rate: measured.rate,
      cpuMicros: measured.cpuMicros,
      memory: measured.memoryPeak,
      note: `${answers(measured)}; ${measured.missing} missing; ${listed(parts())}`,
    })
    demandFlat(report, name, parts(), measured.memoryPeak)
    report.demand(`${name}: refused with 503`, refused, 'at least', 1)
    report.demand(`${name}: accepted but lost`, measured.missing, 'at most', 0)
    const others = measured.load.sent - refused - (measured.load.statuses[202] ?? 0)
    report.demand(`${name}: answered otherwise, or not`, others, 'at most', 0)
  } finally {
    await product.close()
  }
}

function answers({ load }: Measurement): string {
  const statuses = Object.entries(load.statuses).map(([status, count]) => `${count} × ${status}`)
  return `${load.sent} sent: ${statuses.join(', ')}, ${load.unanswered} unanswered`
}
