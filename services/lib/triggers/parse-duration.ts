/** Milliseconds of each unit, in the order in which ISO 8601 writes them. */
const DATE_UNITS: readonly Unit[] = [
  ['W', 7 * 86_400_000],
  ['D', 86_400_000],
]
const TIME_UNITS: readonly Unit[] = [
  ['H', 3_600_000],
  ['M', 60_000],
  ['S', 1000],
]

type Unit = readonly [name: string, ms: number]

const DURATION = /^P(?<date>[\d.,WDYM]*)(?:T(?<time>[\d.,HMSYWD]+))?$/
const PART = /^(?<amount>\d+(?:[.,]\d+)?)(?<unit>[A-Z])/

/**
 * An ISO 8601 duration such as `PT0.2S`, `P7D` or `P1DT12H`, in milliseconds, rounded. Weeks may
 * be mixed with the other units, and the last number may have a fraction.
 *
 * Years and months are refused: how long they are depends on the day they begin. So are signs.
 *
 * @throws SyntaxError that says what is wrong, and how a duration is written.
 */
export function parseDuration(text: string): number {
  const { date, time } = DURATION.exec(text)?.groups ?? {}
  if (date === undefined || (date === '' && time === undefined)) throw malformed(text)
  if (/[YM]/.test(date)) {
    throw new SyntaxError(
      `Cannot use the duration ${quoted(text)}: years and months differ in length, count in days instead`,
    )
  }
  if (time !== undefined && /[.,]/.test(date)) throw malformed(text)
  const ms = sum(date, DATE_UNITS, text) + sum(time ?? '', TIME_UNITS, text)
  const rounded = Math.round(ms)
  if (!Number.isSafeInteger(rounded)) {
    throw new SyntaxError(`Cannot use the duration ${quoted(text)}: it is too long`)
  }
  return rounded
}

function sum(text: string, units: readonly Unit[], whole: string): number {
  let rest = text
  let ms = 0
  let next = 0
  while (rest !== '') {
    const { amount, unit } = PART.exec(rest)?.groups ?? {}
    if (amount === undefined) throw malformed(whole)
    const at = units.findIndex(([name], index) => index >= next && name === unit)
    const found = units[at]
    if (found === undefined) throw malformed(whole)
    next = at + 1
    rest = rest.slice(amount.length + 1)
    const isFraction = /[.,]/.test(amount)
    if (isFraction && rest !== '') throw malformed(whole)
    ms += Number(amount.replace(',', '.')) * found[1]
  }
  return ms
}

function malformed(text: string): SyntaxError {
  return new SyntaxError(
    `Cannot read ${quoted(text)} as a duration: write ISO 8601, such as PT0.2S, PT10M or P7D`,
  )
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
