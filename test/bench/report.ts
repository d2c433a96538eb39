import { cpus, release, totalmem } from 'node:os'
import type { Quantiles } from './samples.ts'

/** One line of the table. What does not apply is absent. */
export interface Row {
  readonly name: string
  /** Events per second. */
  readonly rate?: number
  /** CPU microseconds per event, of all the process' threads. */
  readonly cpuMicros?: number
  /** From when an event should have been sent to its 202. */
  readonly answered?: Quantiles
  /** From when an event should have been sent to its arrival at the subscriber. */
  readonly delivered?: Quantiles
  /** Highest resident memory, in MiB. */
  readonly memory?: number
  readonly note?: string
}

/** What is demanded, and what was measured. */
export interface Bar {
  readonly name: string
  readonly value: number
  readonly limit: number
  readonly wants: 'at most' | 'at least'
}

/** What the whole run has shown so far. */
export class Report {
  readonly #rows: Row[] = []
  readonly #bars: Bar[] = []
  empty: { readonly rate: number; readonly cpuMicros: number } | undefined

  add(row: Row): void {
    this.#rows.push(row)
    console.error(`  ${formatRow(row, this.empty).join('  ').replaceAll(/ +/g, ' ')}`)
  }

  demand(name: string, value: number, wants: Bar['wants'], limit: number): void {
    this.#bars.push({ name, value, limit, wants })
  }

  get passed(): boolean {
    return this.#bars.every(isMet)
  }

  toString(): string {
    const head = [
      '',
      'events/s',
      '× empty',
      'CPU µs',
      '× empty',
      '202 p50/p99 ms',
      'delivered p50/p99 ms',
      'MiB',
      '',
    ]
    const rows = this.#rows.map((row) => formatRow(row, this.empty))
    const bars = this.#bars.map((bar) => [
      isMet(bar) ? 'pass' : 'FAIL',
      bar.name,
      number(bar.value, 2),
      `${bar.wants} ${bar.limit}`,
    ])
    return `${table(head, rows)}\n\n${table(['', 'bar', 'measured', 'wanted'], bars)}\n`
  }
}

function isMet({ value, limit, wants }: Bar): boolean {
  return wants === 'at most' ? value <= limit : value >= limit
}

function formatRow(row: Row, empty: Report['empty']): string[] {
  const ratio = (value: number | undefined, of: number | undefined) =>
    value === undefined || of === undefined ? '' : number(value / of, 2)
  return [
    row.name,
    number(row.rate, 0),
    ratio(row.rate, empty?.rate),
    number(row.cpuMicros, 1),
    ratio(row.cpuMicros, empty?.cpuMicros),
    quantiles(row.answered),
    quantiles(row.delivered),
    number(row.memory, 0),
    row.note ?? '',
  ]
}

function number(value: number | undefined, digits: number): string {
  return value === undefined ? '' : value.toFixed(digits)
}

function quantiles(value: Quantiles | undefined): string {
  return value === undefined ? '' : `${number(value.p50, 2)} / ${number(value.p99, 2)}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, at) =>
    Math.max(cell.length, ...rows.map((row) => (row[at] ?? '').length), 1),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** The machine that the figures are from. */
export function machine(flushMillis: number): string {
  const gibibytes = (totalmem() / 2 ** 30).toFixed(1)
  return `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${gibibytes} GiB, Linux ${release()}, Node ${process.version}, a flush of 1 KiB takes ${flushMillis.toFixed(2)} ms`
}
