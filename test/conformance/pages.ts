import { readFileSync, writeFileSync } from 'node:fs'
import { CASES, THEMES } from './all-cases.ts'
import { type ConformanceCase, DOCUMENTS, type Source } from './conformance-case.ts'
import { DIFFERENCES, type Difference, GROUPS } from './differences.ts'
import { NOT_COVERED } from './not-covered.ts'
import type { CaseResult } from './run-suite.ts'

/** By the id of the case. */
export type Outcomes = Readonly<Record<string, CaseResult['outcome']>>

/** The runs that docs/conformance.md shows, each where its results are kept: name and heading. */
const COLUMNS = [
  ['sluice', 'Sluice'],
  ['sluice-kafka', 'Sluice on Kafka'],
  ['knative', 'Knative'],
] as const

/** Keeps what became of each case in results/<name>.json. */
export function keepResults(name: string, results: readonly CaseResult[]): void {
  const outcomes = Object.fromEntries(results.map(({ case: { id }, outcome }) => [id, outcome]))
  writeFileSync(resultsFile(name), `${JSON.stringify(outcomes, undefined, 1)}\n`)
}

/** What was kept under that name, if anything was. */
export function keptResults(name: string): Outcomes | undefined {
  try {
    return JSON.parse(readFileSync(resultsFile(name), 'utf8')) as Outcomes
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The generated pages: file name, relative to the repository, and text. */
export function pages(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/conformance.md', conformancePage()],
    ['docs/differences-from-knative.md', differencesPage()],
  ])
}

function resultsFile(name: string): URL {
  return new URL(`results/${name}.json`, import.meta.url)
}

function conformancePage(): string {
  const columns = COLUMNS.map(([name, heading]) => ({
    heading,
    outcomes: keptResults(name),
  })).filter(
    (column): column is { heading: (typeof column)['heading']; outcomes: Outcomes } =>
      column.outcomes !== undefined,
  )
  const headings = columns.map(({ heading }) => heading)
  const themes = Object.entries(THEMES).map(([theme, cases]) => {
    const rows = cases.map((each) =>
      caseRow(
        each,
        columns.map(({ outcomes }) => outcomes),
      ),
    )
    return `## ${theme}\n\n${tableOf(['Case', 'Level', 'What must hold', 'Source', ...headings], rows)}`
  })
  const counts = columns.map(({ heading, outcomes }) => countRow(heading, outcomes))
  return `<!-- Written by \`npm run conformance -- --docs\` from test/conformance -->

# Conformance

What CloudEvents and Knative say of a Broker, as ${CASES.length} cases that need nothing but the Broker's
address, a way to apply YAML, and subscribers that do as they are told. \`npm run conformance\` runs
them against a Sluice of its own; the same suite runs against any Broker:

\`\`\`sh
npm run conformance -- --ingress http://<address>/{namespace}/{broker} --apply kubectl \\
  --subscriber-host <this machine, as the Broker sees it>
\`\`\`

\`--apply folder=DIR\` writes the YAML into a folder instead. \`--only F-any\` runs the cases whose id
begins so; \`--json FILE\` and \`--junit FILE\` write the results; the exit code is 1 when a MUST has
failed. A case is data in [test/conformance/cases](../test/conformance/cases): a new row needs no code.

Ids begin with the statement's: D and C are those of Knative's data plane and control plane, in the
order of its conformance tests; N, T, H, J those of CloudEvents on attributes, types, HTTP and JSON;
W of Trace Context and webhooks; F filters; Q CESQL; X defects of other Brokers; S what else counts.
What differs is explained in [Differences from Knative's Kafka Broker](differences-from-knative.md).

${tableOf(['Run', 'MUST', 'SHOULD', 'MAY', 'failed'], counts)}
${themes.join('\n')}
## Not covered

Statements that cannot be seen from outside, or not without a cluster.

${tableOf(['Statement', 'Why'], Object.entries(NOT_COVERED))}
${Object.entries(DOCUMENTS)
  .map(([document, url]) => `[${document}]: ${url}\n`)
  .join('')}`
}

function countRow(heading: string, outcomes: Outcomes): string[] {
  const ofLevel = (level: ConformanceCase['level']) => {
    const all = CASES.filter((each) => each.level === level && outcomes[each.id] !== undefined)
    return `${all.filter(({ id }) => outcomes[id] === 'passed').length} of ${all.length}`
  }
  const failed = CASES.filter(({ id }) => outcomes[id] === 'failed').map(({ id }) => id)
  const shown = failed.length > 20 ? `${failed.length}` : failed.join(', ')
  return [heading, ofLevel('MUST'), ofLevel('SHOULD'), ofLevel('MAY'), shown || 'none']
}

function caseRow(each: ConformanceCase, columns: readonly Outcomes[]): string[] {
  const { id, level, title, source, differs } = each
  const link = differs === undefined ? id : `[${id}](differences-from-knative.md#${differs})`
  const outcomes = columns.map((outcomes) => {
    const outcome = outcomes[id] ?? ''
    return outcome === 'failed' ? '**failed**' : outcome
  })
  return [link, level, escaped(title), sourceLink(source), ...outcomes]
}

function sourceLink({ document, section }: Source): string {
  return `[${document}], ${escaped(section)}`
}

function differencesPage(): string {
  const groups = Object.entries(GROUPS).map(([group, heading]) => {
    const own = Object.entries(DIFFERENCES).filter(([, difference]) => difference.group === group)
    const head = [
      ...['', "Knative's Kafka Broker", 'Sluice'],
      ...(group === 'setting' ? ['Setting'] : []),
      ...(group === 'less' ? [] : ['Cases']),
    ]
    return `## ${heading}\n\n${tableOf(
      head,
      own.map(([key, each]) => differenceRow(key, each)),
    )}`
  })
  return `<!-- Written by \`npm run conformance -- --docs\` from test/conformance/differences.ts -->

# Differences from Knative's Kafka Broker

Sluice reads the same Brokers and Triggers as Knative's Kafka Broker (release 1.23), and does the same
with them but for what stands here. Where Knative departs from the specifications of CloudEvents and
Knative, Sluice follows these. What Sluice does instead are cases of the
[conformance suite](conformance.md), which it passes.

Annotations are set on the Trigger, or on the Broker for all of its Triggers; only
\`sluice.dev/dedup-window\` is the Broker's alone. What has no setting here has none.

${groups.join('\n')}`
}

function differenceRow(
  key: string,
  { what, knative, sluice, setting, group }: Difference,
): string[] {
  const cells = [`<a id="${key}"></a>${what}`, knative, sluice]
  if (group === 'setting') cells.push(`\`${setting}\``)
  if (group === 'less') return cells
  const cases = CASES.filter(({ differs }) => differs === key).map(({ id }) => id)
  const shown = cases.length > 4 ? [...cases.slice(0, 3), `and ${cases.length - 3} more`] : cases
  return [...cells, shown.join(', ')]
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${lines.join('\n')}\n`
}

/** As text in a table's cell. */
function escaped(text: string): string {
  return text.replace(/[\\`*_|[\]<>]/g, (character) => `\\${character}`)
}
