import type { Measurement } from '../bench.ts'
import { closedLoop, hasKeptUp, measureWarm, openLoop, type Scale } from '../measure-warm.ts'
import { row } from '../measured-row.ts'
import { startEmptyHandler } from '../product.ts'
import type { Report } from '../report.ts'
import { empty } from '../scenarios.ts'
import type { KafkaProduct } from './kafka-product.ts'
import { type Lab, partOf } from './lab.ts'

export type KafkaScenario = (lab: Lab, report: Report, scale: Scale) => Promise<void>

/** Events a second: where Knative's data plane was compared, and the bar is. */
export const AT_RATE = 4000
/** Measurements at that rate before the first one that counts. */
const KAFKA_WARM_UP = 6
/** How long a change of the Triggers may take. */
const CHANGE_MS = 5000
const binary = { mode: 'binary' as const }
/** Events that wait for company in a request to Kafka: more connections find it sooner. */
const MANY_CONNECTIONS = { connections: 256, depth: 1 }

/** Everything is told in multiples of it. */
export const yardstick: KafkaScenario = async (lab, report, scale) => {
  await empty(lab.bench, report, scale)
  const target = await startEmptyHandler()
  try {
    const load = { ...openLoop, ...binary, rate: AT_RATE, isDelivered: false }
    const measured = await measureWarm(lab.bench, target, scale, load)
    lab.emptyAtRate = measured.cpuMicros
    report.add(row(`empty handler at ${AT_RATE}/s`, measured, false))
  } finally {
    await target.close()
  }
}

/** From the request to the acknowledgement of Kafka, without a Trigger. */
export const ingest: KafkaScenario = (lab, report, scale) =>
  lab.withProduct(0, async (product) => {
    await warmUp(lab, product, scale, false)
    for (const [name, load] of [
      ['ingest, 64 connections', closedLoop],
      ['ingest, 256 connections', MANY_CONNECTIONS],
      [`ingest at ${AT_RATE}/s`, { ...openLoop, rate: AT_RATE }],
    ] as const) {
      const { durationMs } = scale
      const job = { ...load, ...binary, durationMs, isDelivered: false }
      report.add(row(name, await lab.bench.measure(product, job), false))
    }
  })

/** Ingest and delivery. */
export const rates: KafkaScenario = (lab, report, scale) =>
  lab.withProduct(1, async (product) => {
    await warmUp(lab, product, scale, true)
    await warmKafka(lab, product, scale)
    for (const rate of [1000, 8000]) {
      const measured = await atRate(lab, product, scale, rate)
      report.add(row(`delivery at ${rate}/s`, measured, true))
    }
    const before = await saturatedEmpty(lab, scale)
    const measured = await atRate(lab, product, scale, AT_RATE)
    const after = await saturatedEmpty(lab, scale)
    report.add(row(`delivery at ${AT_RATE}/s`, measured, true))
    demandCpu(lab, report, measured, (before + after) / 2)
  })

/** The yardstick again, right beside what is told in multiples of it: the machine's speed changes. */
async function saturatedEmpty(lab: Lab, scale: Scale): Promise<number> {
  const target = await startEmptyHandler()
  try {
    const load = { ...closedLoop, ...binary, isDelivered: false }
    return (await measureWarm(lab.bench, target, scale, load)).cpuMicros
  } finally {
    await target.close()
  }
}

function demandCpu(
  lab: Lab,
  report: Report,
  { cpuMicros, missing }: Measurement,
  saturated: number,
): void {
  const name = `delivery at ${AT_RATE}/s`
  report.demand(`${name}: CPU with Kafka's, × empty`, cpuMicros / saturated, 'at most', 8.5)
  report.demand(`${name}: accepted but not delivered`, missing, 'at most', 0)
  const atRate = cpuMicros / (lab.emptyAtRate ?? Number.NaN)
  const note = `${atRate.toFixed(2)} × the empty handler at the same rate`
  report.add({ name: `${name}: the empty handler beside it`, cpuMicros: saturated, note })
}

/** The highest rate that leaves no backlog, by trying ever higher shares of the empty handler's. */
export const sustained: KafkaScenario = (lab, report, scale) =>
  lab.withProduct(1, async (product) => {
    await warmUp(lab, product, scale, true)
    const saturated = report.empty?.rate ?? Number.NaN
    for (const share of [0.14, 0.17, 0.2, 0.23, 0.26, 0.3, 0.35, 0.4]) {
      const measured = await atRate(lab, product, scale, Math.round(saturated * share))
      const keptUp = hasKeptUp(measured, scale)
      const name = `delivery at ${Math.round(saturated * share)}/s${keptUp ? '' : ': backlog'}`
      report.add(row(name, measured, true))
      if (!keptUp) break
    }
  })

/** The same load, with ever more Triggers that do not match. */
export const triggers: KafkaScenario = async (lab, report, scale) => {
  const cpu = new Map<number, number>()
  for (const count of [1, 50, 200]) {
    const measured = await lab.withProduct(count, async (product) => {
      await warmUp(lab, product, scale, true)
      return atRate(lab, product, scale, AT_RATE)
    })
    cpu.set(count, partOf(measured, 'dispatcher'))
    report.add(row(`${count} Trigger${count === 1 ? '' : 's'}, one matches`, measured, true))
  }
  const ratio = (cpu.get(200) ?? Number.NaN) / (cpu.get(1) ?? Number.NaN)
  report.demand("200 Triggers: the dispatcher's CPU, × that of one", ratio, 'at most', 1.3)
}

/**
 * What has waited in Kafka: for a Trigger that comes back while the dispatcher runs (the catch-up
 * reader), and for a dispatcher that starts.
 */
export const backlog: KafkaScenario = (lab, report, scale) =>
  lab.withProduct(1, async (product) => {
    await warmUp(lab, product, scale, true)
    const load = { ...MANY_CONNECTIONS, ...binary, events: scale.backlog, isDelivered: false }
    product.setTriggers(0)
    await untilNoTrigger(product)
    await lab.bench.measure(product, load)
    await drain(lab, report, scale, product, 'drained, Trigger back', () => product.setTriggers(1))
    await product.endDispatcher('SIGTERM')
    await lab.bench.measure(product, load)
    await drain(lab, report, scale, product, 'drained, dispatcher new', () =>
      product.addDispatcher(),
    )
  })

async function drain(
  lab: Lab,
  report: Report,
  scale: Scale,
  product: KafkaProduct,
  name: string,
  begin: () => unknown,
): Promise<void> {
  const events = scale.backlog
  const before = product.measured.cpuByPart()
  const began = Number(process.hrtime.bigint() / 1000n)
  const begun = begin()
  const { firstAt, lastAt } = await lab.bench.untilDelivered(events)
  await begun
  const parts = [...product.measured.cpuByPart()].map(
    ([part, micros]) => [part, (micros - (before.get(part) ?? 0)) / events] as const,
  )
  const first = ((firstAt - began) / 1000).toFixed(0)
  const shares = parts.map(([part, micros]) => `${part} ${micros.toFixed(0)}`).join(' + ')
  report.add({
    name: `${events} ${name}`,
    rate: (events / (lastAt - firstAt)) * 1e6,
    cpuMicros: parts.reduce((sum, [, micros]) => sum + micros, 0),
    memory: product.measured.memory.peak,
    note: `first after ${first} ms, ${shares}`,
  })
}

/** A Trigger that is gone for the dispatcher too: what is sent now is not delivered. */
async function untilNoTrigger(product: KafkaProduct): Promise<void> {
  const [dispatcher] = product.dispatchers
  if (dispatcher === undefined) throw new Error('There is no dispatcher')
  const url = `http://127.0.0.1:${dispatcher.adminPort}/triggers`
  for (const deadline = performance.now() + CHANGE_MS; performance.now() < deadline; ) {
    const { triggers } = (await (await fetch(url)).json()) as { triggers: readonly unknown[] }
    if (triggers.length === 0) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('The Trigger has not gone')
}

/** So that all processes run optimised code, and Kafka knows the topic. */
export async function warmUp(
  lab: Lab,
  product: KafkaProduct,
  scale: Scale,
  isDelivered: boolean,
): Promise<void> {
  const load = { ...MANY_CONNECTIONS, ...binary, isDelivered, events: scale.warmUp }
  const { missing } = await lab.bench.measure(product, load)
  if (missing > 0) throw new Error(`${missing} events of the warm-up were not delivered`)
}

/** Kafka's JVM compiles for most of a minute, which costs more than what it compiles. */
async function warmKafka(lab: Lab, product: KafkaProduct, scale: Scale): Promise<void> {
  for (let time = 0; time < KAFKA_WARM_UP; time++) await atRate(lab, product, scale, AT_RATE)
}

function atRate(
  lab: Lab,
  product: KafkaProduct,
  { durationMs }: Scale,
  rate: number,
): Promise<Measurement> {
  return lab.bench.measure(product, {
    ...openLoop,
    ...binary,
    rate,
    durationMs,
    isDelivered: true,
  })
}
