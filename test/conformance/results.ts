import type { CaseResult } from './run-suite.ts'

export interface Summary {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Of those that failed. */
  readonly failedMusts: number
}

export function summaryOf(results: readonly CaseResult[], skipped: number): Summary {
  const failures = results.filter(({ outcome }) => outcome === 'failed')
  return {
    passed: results.length - failures.length,
    failed: failures.length,
    skipped,
    failedMusts: failures.filter((result) => result.case.level === 'MUST').length,
  }
}

/** A line per case, what was wrong below it, and the count as the last line. */
export function resultsTable(results: readonly CaseResult[], summary: Summary): string {
  const width = Math.max(0, ...results.map((result) => result.case.id.length))
  const lines = results.flatMap(({ case: each, outcome, faults }) => [
    `${outcome.padEnd(6)}  ${each.level.padEnd(6)}  ${each.id.padEnd(width)}  ${each.title}`,
    ...faults.map((fault) => `        ${fault}`),
  ])
  const { passed, failed, skipped } = summary
  return [...lines, '', `${passed} passed, ${failed} failed, ${skipped} skipped`, ''].join('\n')
}

export function resultsJson(
  target: string,
  results: readonly CaseResult[],
  summary: Summary,
): string {
  const cases = results.map(({ case: each, outcome, faults, durationMs }) => ({
    id: each.id,
    level: each.level,
    source: each.source,
    title: each.title,
    outcome,
    faults,
    durationMs: Math.round(durationMs),
  }))
  return `${JSON.stringify({ target, summary, cases }, undefined, 2)}\n`
}

/** JUnit XML, one suite per document that the statements are from. A failure that is no MUST's says so. */
export function resultsJunit(target: string, results: readonly CaseResult[]): string {
  const documents = [...new Set(results.map((result) => result.case.source.document))]
  const suites = documents.map((document) => {
    const own = results.filter((result) => result.case.source.document === document)
    const failures = own.filter(({ outcome }) => outcome === 'failed').length
    const head = `<testsuite name="${escaped(document)}" tests="${own.length}" failures="${failures}">`
    return `  ${head}\n${own.map(testcase).join('')}  </testsuite>\n`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escaped(target)}">\n${suites.join('')}</testsuites>\n`
}

function testcase({ case: each, outcome, faults, durationMs }: CaseResult): string {
  const seconds = (durationMs / 1000).toFixed(3)
  const name = escaped(`${each.id}: ${each.title}`)
  const classname = escaped(`${each.source.document} ${each.source.section}`)
  const head = `    <testcase name="${name}" classname="${classname}" time="${seconds}"`
  if (outcome === 'passed') return `${head}/>\n`
  const message = escaped(faults[0] ?? '')
  const failure = `<failure type="${each.level}" message="${message}">${escaped(faults.join('\n'))}</failure>`
  return `${head}>\n      ${failure}\n    </testcase>\n`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/** XML 1.0 allows few of the control characters, even escaped. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '')
}
