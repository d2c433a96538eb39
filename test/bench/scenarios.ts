import type { Bench, LoadOptions, Measurement } from './bench.ts'
import type { Mode } from './event-request.ts'
import {
  measureStart,
  Product,
  type ProductOptions,
  startEmptyHandler,
  type Target,
} from './product.ts'
import type { Report, Row } from './report.ts'

export interface Scale {
  /** How long one measurement takes. */
  readonly durationMs: number
  /** Events before it, so that every thread runs optimised code. */
  readonly warmUp: number
  readonly backlog: number
  readonly stored: number
  readonly starts: number
}

export type Scenario = (bench: Bench, report: Report, scale: Scale) => Promise<void>

/** So many that a commit carries a good number of events, as under real load. */
const CONNECTIONS = 64
const OPEN_LOOP_CONNECTIONS = 256
/** When the last answer, or the last delivery, is later than this, there was a backlog. */
const BEHIND_MS = 250
const INGEST_ONLY = { triggers: 0 }
const FAN_OUT_1 = { triggers: 1 }

const closedLoop = { connections: CONNECTIONS, depth: 1 }
const openLoop = { connections: OPEN_LOOP_CONNECTIONS, depth: 1 }

/** What a server under test is warmed up with, and the load that is measured on it. */
async function measureWarm(
  bench: Bench,
  target: Target,
  scale: Scale,
  options: Omit<LoadOptions, 'durationMs'>,
): Promise<Measurement> {
  const { mode, isDelivered } = options
  await bench.measure(target, { ...closedLoop, mode, isDelivered, events: scale.warmUp })
  return bench.measure(target, { ...options, durationMs: scale.durationMs })
}

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

function row(name: string, measured: Measurement, isDelivered: boolean): Row {
  const refused = Object.entries(measured.load.statuses).filter(([status]) => status !== '202')
  const notes = refused.map(([status, count]) => `${count} × ${status}`)
  if (measured.load.unanswered > 0) notes.push(`${measured.load.unanswered} unanswered`)
  if (measured.missing > 0) notes.push(`${measured.missing} MISSING`)
  if (measured.duplicates > 0) notes.push(`${measured.duplicates} twice`)
  if (isDelivered) notes.push(`behind ${measured.behindMs.toFixed(0)} ms`)
  const busy = measured.threads.filter(([, micros]) => micros >= measured.cpuMicros / 20)
  notes.push(busy.map(([thread, micros]) => `${thread} ${micros.toFixed(0)}`).join(' + '))
  return {
    name,
    rate: measured.rate,
    cpuMicros: measured.cpuMicros,
    answered: measured.load.latency,
    ...(isDelivered ? { delivered: measured.sink.latency } : {}),
    memory: measured.memoryPeak,
    note: notes.join(', '),
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
    const keptUp =
      measured.behindMs < BEHIND_MS && measured.load.elapsedMs < scale.durationMs + BEHIND_MS
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
