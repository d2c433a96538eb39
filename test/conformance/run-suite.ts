import type { BrokerParts, ConformanceCase } from './conformance-case.ts'
import { brokerResource } from './resources.ts'
import { CaseRun, type Placed } from './run-case.ts'
import type { ScriptedSubscribers } from './scripted-subscribers.ts'
import type { ResourceFile, Target } from './target.ts'

export interface CaseResult {
  readonly case: ConformanceCase
  readonly outcome: 'passed' | 'failed'
  /** What was wrong, a sentence each. */
  readonly faults: readonly string[]
  readonly durationMs: number
}

/** Cases at a time: most of their time is waiting. */
const CONCURRENCY = 32
const CASES_PER_BROKER = 10
const MORE_ROUNDS = 2

/**
 * Runs all cases side by side; the results are in their order. Cases that failed and have to do with
 * time are run again, alone: a machine that is late once is late by chance, a Broker every time.
 */
export async function runSuite(
  cases: readonly ConformanceCase[],
  target: Target,
  subscribers: ScriptedSubscribers,
): Promise<readonly CaseResult[]> {
  let results = await runRound(cases, target, subscribers)
  for (let round = 0; round < MORE_ROUNDS; round++) {
    const late = results.filter((result) => result.outcome === 'failed' && result.case.expect.gaps)
    if (late.length === 0) break
    const repeated = await runRound(
      late.map((result) => result.case),
      target,
      subscribers,
    )
    results = results.map((result) => repeated.find((it) => it.case === result.case) ?? result)
  }
  return results
}

/** Applies the resources of all cases at once, then runs these. */
async function runRound(
  cases: readonly ConformanceCase[],
  target: Target,
  subscribers: ScriptedSubscribers,
): Promise<readonly CaseResult[]> {
  const run = Math.floor(Math.random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0')
  const { placed, brokers } = placeCases(cases, run)
  const runs = placed.map((each) => new CaseRun(each, target, subscribers))
  const brokerFile: ResourceFile = {
    name: `brokers-${run}`,
    resources: [...brokers].map(([name, parts]) =>
      brokerResource(target.namespace, name, parts, target.brokerConfig),
    ),
    refused: [],
  }
  await target.apply([brokerFile, ...runs.map((run) => run.file())])
  const ready = await target.readyTriggers()
  const results: CaseResult[] = []
  let next = 0
  const work = async () => {
    for (let index = next++; index < runs.length; index = next++) {
      const run = runs[index]
      const each = cases[index]
      if (run === undefined || each === undefined) return
      const started = performance.now()
      const faults = await run.run(ready)
      const outcome = faults.length === 0 ? 'passed' : 'failed'
      results[index] = { case: each, outcome, faults, durationMs: performance.now() - started }
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  return results
}

/** Cases with equal Brokers share one, a few at a time, but for those that want one for themselves. */
function placeCases(
  cases: readonly ConformanceCase[],
  run: string,
): {
  readonly placed: readonly Placed[]
  readonly brokers: ReadonlyMap<string, BrokerParts>
} {
  const brokers = new Map<string, BrokerParts>()
  const open = new Map<string, { readonly name: string; count: number }>()
  const placed = cases.map((each, index): Placed => {
    const parts = each.broker ?? {}
    // No token is part of another, and none begins with a digit.
    const token = `c${run}x${index}y`
    if (each.alone) return { case: each, token, broker: token }
    const key = JSON.stringify(parts)
    let broker = open.get(key)
    if (broker === undefined || broker.count === CASES_PER_BROKER) {
      broker = { name: `broker-${run}-${brokers.size}`, count: 0 }
      brokers.set(broker.name, parts)
      open.set(key, broker)
    }
    broker.count += 1
    return { case: each, token, broker: broker.name }
  })
  return { placed, brokers }
}
