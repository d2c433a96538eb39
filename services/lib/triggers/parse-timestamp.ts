const TIMESTAMP =
  /^(?<date>\d{4}-\d\d-\d\d)[Tt](?<time>\d\d:\d\d:\d\d)(?:\.\d{1,20})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/**
 * An RFC 3339 timestamp, in milliseconds since 1970. A leap second is refused.
 *
 * @throws SyntaxError that says how a timestamp is written.
 */
export function parseTimestamp(text: string): number {
  const { date, time } = TIMESTAMP.exec(text)?.groups ?? {}
  const ms = date === undefined ? Number.NaN : Date.parse(text.toUpperCase())
  // Date.parse() takes 30 February for 1 or 2 March, and 24:00 for the next day.
  const inUtc = Date.parse(`${date}T${time}Z`)
  if (Number.isNaN(ms) || new Date(inUtc).toISOString().slice(0, 19) !== `${date}T${time}`) {
    throw new SyntaxError(
      `Cannot read ${JSON.stringify(text.slice(0, 60))} as a time: write RFC 3339, such as 2025-01-31T08:00:00Z`,
    )
  }
  return ms
}
