/** What a scenario came to, event by event. Lists of ids must be empty where nothing went wrong. */
export interface Report {
  readonly acknowledged: number
  /** Answered with 503. */
  readonly refused: number
  /** Requests that ended without an answer. */
  readonly broken: number
  /** Different events in the topic, acknowledged or not. */
  readonly stored: number
  /** Acknowledged and not stored. */
  readonly lost: readonly string[]
  /** Stored, and after all that neither delivered nor dead-lettered: `<path> <id>`. */
  readonly missing: readonly string[]
  /** Deliveries (Trigger and event) that succeeded. */
  readonly delivered: number
  readonly deadLettered: number
  readonly storedTwice: Repeats
  readonly deliveredTwice: Repeats
  /** The longest time in which nothing was delivered, from the first delivery to the last, in milliseconds. */
  readonly silenceMs: number
  /** The longest that anybody waited for a 503, in milliseconds. */
  readonly slowestRefusalMs: number
  /** The longest that this machine, which may do other work too, let anybody wait for a processor, in milliseconds. */
  readonly machineMs: number
  /** Of the largest of Sluice's processes, in MiB. */
  readonly peakMiB: number
  /** What no process may do or say, and wrong answers. */
  readonly faults: readonly string[]
}

/** What came again, and how much of it happened where a failure explains it. */
export interface Repeats {
  readonly count: number
  readonly explained: number
  /** The first of those that nothing explains. */
  readonly unexplained: readonly string[]
}

/** How often a failure may repeat something in one run. */
export interface Bounds {
  readonly storedTwice: number
  readonly deliveredTwice: number
}

const REFUSED_WITHIN_MS = 5000
const SHOWN = 5

/** What is wrong with it, a sentence each. */
export function objections(report: Report, bounds: Bounds): readonly string[] {
  const { storedTwice, deliveredTwice, lost, missing, slowestRefusalMs } = report
  const found = [...report.faults]
  const object = (isWrong: boolean, what: string) => {
    if (isWrong) found.push(what)
  }
  object(report.acknowledged === 0, 'nothing was acknowledged')
  object(lost.length > 0, `${lost.length} acknowledged and not stored: ${first(lost)}`)
  object(missing.length > 0, `${missing.length} stored and not delivered: ${first(missing)}`)
  for (const [what, repeats, bound] of [
    ['stored', storedTwice, bounds.storedTwice],
    ['delivered', deliveredTwice, bounds.deliveredTwice],
  ] as const) {
    const { count, explained, unexplained } = repeats
    object(count > bound, `${count} ${what} twice, at most ${bound}`)
    object(
      count > explained,
      `${count - explained} ${what} twice without reason: ${first(unexplained)}`,
    )
  }
  const slowest = Math.round(slowestRefusalMs)
  object(slowest > REFUSED_WITHIN_MS + report.machineMs, `503 only after ${slowest} ms`)
  return found
}

/** One line of figures. */
export function line(report: Report): string {
  const { storedTwice, deliveredTwice } = report
  const twice = ({ count, explained }: Repeats) => `${count} (${explained} explained)`
  return [
    `acknowledged ${report.acknowledged}`,
    `refused ${report.refused}`,
    `broken ${report.broken}`,
    `stored ${report.stored}`,
    `lost ${report.lost.length}`,
    `delivered ${report.delivered}`,
    `dead-lettered ${report.deadLettered}`,
    `missing ${report.missing.length}`,
    `stored twice ${twice(storedTwice)}`,
    `delivered twice ${twice(deliveredTwice)}`,
    `silence ${Math.round(report.silenceMs)} ms`,
    `slowest 503 ${Math.round(report.slowestRefusalMs)} ms`,
    `processor after ${Math.round(report.machineMs)} ms`,
    `peak ${Math.round(report.peakMiB)} MiB`,
  ].join(', ')
}

function first(ids: readonly string[]): string {
  return `${ids.slice(0, SHOWN).join('; ')}${ids.length > SHOWN ? '; …' : ''}`
}
