const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * Whether `text` is a timestamp of RFC 3339, section 5.6: a date that exists, `T`, a time to the
 * second with any number of fraction digits, and an offset. A second 60 is one where a leap
 * second can be: in the last minute of a day in UTC.
 */
export function isTimestamp(text: string): boolean {
  const separator = text.charCodeAt(10) | 0x20
  if (text.length < 20 || separator !== 0x74 || !isDate(text)) return false
  if (text[13] !== ':' || text[16] !== ':') return false

  const hour = digits(text, 11, 2)
  const minute = digits(text, 14, 2)
  const second = digits(text, 17, 2)
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return false

  const offset = offsetMinutes(text, endOfFraction(text))
  if (Number.isNaN(offset)) return false
  return second < 60 || (hour * 60 + minute - offset + 1440) % 1440 === 1439
}

function isDate(text: string): boolean {
  if (text[4] !== '-' || text[7] !== '-') return false
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  if (Number.isNaN(year) || Number.isNaN(month)) return false
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = month === 2 && isLeapYear ? 29 : (DAYS[month - 1] ?? 0)
  return day >= 1 && day <= days
}

/** The number that `count` digits make; NaN where one of them is no digit. */
function digits(text: string, start: number, count: number): number {
  let value = 0
  for (let i = start; i < start + count; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** Where the offset begins; the end of the text where a point has no digits after it. */
function endOfFraction(text: string): number {
  if (text[19] !== '.') return 19
  let i = 20
  while (text.charCodeAt(i) >= 0x30 && text.charCodeAt(i) <= 0x39) i++
  return i > 20 ? i : text.length
}

function offsetMinutes(text: string, start: number): number {
  const sign = text[start]
  if (sign === 'Z' || sign === 'z') return text.length === start + 1 ? 0 : Number.NaN
  if ((sign !== '+' && sign !== '-') || text.length !== start + 6) return Number.NaN
  const hours = digits(text, start + 1, 2)
  const minutes = digits(text, start + 4, 2)
  if (text[start + 3] !== ':' || !(hours <= 23 && minutes <= 59)) return Number.NaN
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes)
}
