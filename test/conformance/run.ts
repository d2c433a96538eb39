// Runs the conformance suite: npm run conformance, and see run-options.ts.
import { mkdirSync, writeFileSync } from 'node:fs'
import { CASES } from './all-cases.ts'
import { FolderTarget } from './folder-target.ts'
import { KubectlTarget } from './kubectl-target.ts'
import { keepResults, pages } from './pages.ts'
import { resultsJson, resultsJunit, resultsTable, summaryOf } from './results.ts'
import { type RunOptions, readRunOptions, USAGE } from './run-options.ts'
import { type CaseResult, runSuite } from './run-suite.ts'
import { ScriptedSubscribers } from './scripted-subscribers.ts'
import { SluiceTarget } from './sluice-target.ts'
import type { Target } from './target.ts'

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  let options: RunOptions
  let target: Target
  try {
    options = readRunOptions(args)
    target = await openTarget(options)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}\n`)
    return 2
  }
  const { only } = options
  const cases = CASES.filter(({ id }) => only.length === 0 || only.some((it) => id.startsWith(it)))
  const subscribers = await ScriptedSubscribers.start(options.subscriberHost)
  let results: readonly CaseResult[]
  try {
    results = await runSuite(cases, target, subscribers)
  } finally {
    await target.close()
    await subscribers.close()
  }
  return report(target, options, results, CASES.length - cases.length)
}

async function openTarget({ remote, profile }: RunOptions): Promise<Target> {
  if (remote?.folder !== undefined) return new FolderTarget(remote.folder, remote)
  if (remote !== undefined) return new KubectlTarget(remote)
  if (profile === 'embedded') return SluiceTarget.create()
  const brokers = process.env['KAFKA_BROKERS'] ?? ''
  if (brokers === '') throw new Error('--profile kafka needs KAFKA_BROKERS')
  return SluiceTarget.create(brokers)
}

function report(
  target: Target,
  { jsonFile, junitFile, keepAs, strict }: RunOptions,
  results: readonly CaseResult[],
  skipped: number,
): number {
  const summary = summaryOf(results, skipped)
  if (jsonFile !== undefined) writeFileSync(jsonFile, resultsJson(target.name, results, summary))
  if (junitFile !== undefined) writeFileSync(junitFile, resultsJunit(target.name, results))
  if (keepAs !== undefined) {
    mkdirSync(new URL('results/', import.meta.url), { recursive: true })
    keepResults(keepAs, results)
    for (const [file, text] of pages()) writeFileSync(file, text)
  }
  process.stdout.write(resultsTable(results, summary))
  return summary.failedMusts > 0 || (strict && summary.failed > 0) ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
