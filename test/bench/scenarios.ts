import type { Bench, Measurement } from './bench.ts'
import type { Mode } from './event-request.ts'
import { closedLoop, hasKeptUp, measureWarm, openLoop, type Scale } from './measure-warm.ts'
import { row } from './measured-row.ts'
import { measureStart, Product, type ProductOptions, startEmptyHandler } from './product.ts'
import type { Report } from './report.ts'

export type Scenario = (bench: Bench, report: Report, scale: Scale) => Promise<void>

const INGEST_ONLY = { triggers: 0 }
const FAN_OUT_1 = { triggers: 1 }

async function withProduct<T>(
  bench: Bench,
  options: Omit<ProductOptions, 'subscriber'>,
  run: (product: Product) => Promise<T>,
): Promise<T> {
  const product = await Product.start({ ...options, subscriber: bench.subscriber })
  try {
    return await run(product)
  } finally {
    await product.close()
  }
}

/** The yardstick. Everything is divided by it, so it runs first. */
export const empty: Scenario = async (bench, report, scale) => {
  const target = await startEmptyHandler()
  try {
    const load = { ...closedLoop, mode: 'structured' as const, isDelivered: false }
    const measured = await measureWarm(bench, target, scale, load)
    report.empty = { rate: measured.rate, cpuMicros: measured.cpuMicros }
    report.add(row('empty handler', measured, false))
  } finally {
    await target.close()
  }
}

export const ingest: Scenario = async (bench, report, scale) => {
  const bars: readonly (readonly [Mode, number])[] = [
    ['binary', 2.3],
    ['structured', 3],
  ]
  for (const [mode, limit] of bars) {
    const load = { ...closedLoop, mode, isDelivered: false }
    const measured = await withProduct(bench, INGEST_ONLY, (product) =>
      measureWarm(bench, product, scale, load),
    )
    report.add(row(`ingest, ${mode}`, measured, false))
    if (report.empty === undefined) continue
    const { rate, cpuMicros } = report.empty
    report.demand(`ingest ${mode}: CPU, × empty`, measured.cpuMicros / cpuMicros, 'at most', limit)
    report.demand(`ingest ${mode}: rate, × empty`, measured.rate / rate, 'at least', 0.5)
  }
}

/** Rates at which threads sleep and wake between events; the empty handler shows what that alone costs. */
export const steady: Scenario = async (bench, report, scale) => {
  const target = await startEmptyHandler()
  try {
    const load = { ...openLoop, mode: 'binary' as const, rate: 1000, isDelivered: false }
    report.add(row('empty handler at 1000/s', await measureWarm(bench, target, scale, load), false))
  } finally {
    await target.close()
  }
  for (const rate of [1000, 4000]) {
    const load = { ...openLoop, mode: 'binary' as const, rate, isDelivered: true }
    const measured = await withProduct(bench, FAN_OUT_1, (product) =>
      measureWarm(bench, product, scale, load),
    )
    report.add(row(`delivery at ${rate}/s`, measured, true))
  }
}

/** The highest rate that leaves no backlog, by trying ever higher shares of the empty handler's. */
export const sustained: Scenario = async (bench, report, scale) => {
  const yardstick = report.empty
  if (yardstick === undefined) throw new Error('The search needs the scenario "empty" first')
  let best: Measurement | undefined
  for (const share of [0.2, 0.25, 0.31, 0.35, 0.4, 0.45, 0.5]) {
    const rate = Math.round(yardstick.rate * share)
    const load = { ...openLoop, mode: 'binary' as const, rate, isDelivered: true }
    const measured = await withProduct(bench, FAN_OUT_1, (product) =>
      measureWarm(bench, product, scale, load),
    )
    const keptUp = hasKeptUp(measured, scale)
    report.add(row(`delivery at ${rate}/s${keptUp ? '' : ': backlog'}`, measured, true))
    if (!keptUp) break
    best = measured
  }
  const cpu = (best?.cpuMicros ?? Number.NaN) / yardstick.cpuMicros
  report.demand('delivery: CPU, × empty', cpu, 'at most', 4.2)
  report.demand(
    'delivery without backlog: rate, × empty',
    (best?.rate ?? 0) / yardstick.rate,
    'at least',
    0.3,
  )
}

/** The same load, with ever more Triggers that do not match. */
export const triggers: Scenario = async (bench, report, scale) => {
  const rate = Math.round((report.empty?.rate ?? 20_000) * 0.2)
  const cpu = new Map<number, number>()
  for (const count of [1, 50, 500]) {
    const load = { ...openLoop, mode: 'binary' as const, rate, isDelivered: true }
    const measured = await withProduct(bench, { triggers: count }, (product) =>
      measureWarm(bench, product, scale, load),
    )
    cpu.set(count, measured.cpuMicros)
    report.add(row(`${count} Trigger${count === 1 ? '' : 's'}, one matches`, measured, true))
  }
  const ratio = (cpu.get(500) ?? Number.NaN) / (cpu.get(1) ?? Number.NaN)
  report.demand('500 Triggers: CPU, × that of one', ratio, 'at most', 1.3)
}

export const backlog: Scenario = async (bench, report, scale) => {
  await withProduct(bench, INGEST_ONLY, async (product) => {
    const events = scale.backlog
    await bench.measure(product, { ...closedLoop, mode: 'binary', events, isDelivered: false })
    const cpuBefore = product.child.cpuMicros
    product.attach()
    const { firstAt, lastAt } = await bench.untilDelivered(events)
    report.add({
      name: `backlog of ${events} drained`,
      rate: (events / (lastAt - firstAt)) * 1e6,
      cpuMicros: (product.child.cpuMicros - cpuBefore) / events,
      memory: product.child.memory.peak,
    })
  })
}

export const million: Scenario = async (bench, report, scale) => {
  await withProduct(bench, INGEST_ONLY, async (product) => {
    const load = { ...closedLoop, mode: 'binary' as const, isDelivered: false }
    const first = await measureWarm(bench, product, scale, load)
    report.add(row('append to a new log', first, false))
    await bench.measure(product, { ...load, events: scale.stored })
    const last = await bench.measure(product, { ...load, durationMs: scale.durationMs })
    report.add(row(`append at ${scale.stored} stored events`, last, false))
  })
}

export const start: Scenario = async (_bench, report, scale) => {
  const times: number[] = []
  for (let run = 0; run < scale.starts; run++) times.push(await measureStart())
  const worst = Math.max(...times)
  const note = `${times.map((time) => time.toFixed(0)).join(', ')} ms`
  report.add({ name: 'start to ready, samples on', note })
  report.demand('start to ready: worst, in s', worst / 1000, 'at most', 1)
}
