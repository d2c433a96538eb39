const FACTORS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['P', 1e15],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
  ['Pi', 2 ** 50],
])

const QUANTITY = /^(?<amount>\d{1,20}(?:\.\d{1,20})?)(?<suffix>[A-Za-z]{0,2})$/

/**
 * A number of bytes, plain or as a Kubernetes quantity: `1073741824`, `256Mi`, `1.5G`. A fraction
 * of a byte is rounded up, as Kubernetes does.
 *
 * @throws SyntaxError that says how a quantity is written.
 */
export function parseQuantity(text: string): number {
  const { amount, suffix } = QUANTITY.exec(text)?.groups ?? {}
  const factor = FACTORS.get(suffix ?? '')
  const bytes =
    amount === undefined || factor === undefined ? Number.NaN : Math.ceil(Number(amount) * factor)
  if (!Number.isSafeInteger(bytes)) {
    throw new SyntaxError(
      `Cannot read ${JSON.stringify(text.slice(0, 60))} as a number of bytes: write 1073741824, 256Mi or 2G`,
    )
  }
  return bytes
}
