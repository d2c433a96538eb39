/** IMF-fixdate, and the two older forms that a recipient has to understand, begin with a weekday. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /
const LONGEST_SECONDS = 1e10

/**
 * What a `Retry-After` header asks for, in milliseconds from `now` (milliseconds since 1970), never
 * negative: a number of seconds or a date (RFC 9110, section 10.2.3). `undefined` where it is
 * neither.
 */
export function retryAfterMs(value: string, now: number): number | undefined {
  if (/^\d+$/.test(value)) return Math.min(Number(value), LONGEST_SECONDS) * 1000
  if (value.length > 64 || !HTTP_DATE.test(value)) return undefined
  // The asctime form names no zone and means UTC all the same.
  const time = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`)
  return Number.isNaN(time) ? undefined : Math.max(0, time - now)
}
