/** What one request of the load looks like, with the places where each event differs. */
export interface RequestTemplate {
  readonly bytes: Buffer
  /** Where the ten digits of the event's number begin. */
  readonly numberAt: number
  /** Where the sixteen digits of the time of sending begin. */
  readonly sentAt: number
}

export type Mode = 'binary' | 'structured'

export const EVENT_TYPE = 'dev.sluice.bench.measured'
export const NUMBER_DIGITS = 10
/** Microseconds of the machine's monotonic clock, which all processes share. */
export const SENT_DIGITS = 16

/** A schema that looks at every member, as a real one would. */
export const EVENT_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `https://sluice.dev/schemas/${EVENT_TYPE}/1.json`,
  type: 'object',
  additionalProperties: false,
  required: ['id', 'customer', 'status', 'total', 'currency', 'items', 'createdAt'],
  properties: {
    id: { type: 'string', pattern: '^ord-[0-9]{8}$' },
    customer: { type: 'string', minLength: 1, maxLength: 100 },
    email: { type: 'string', format: 'email' },
    status: { enum: ['open', 'paid', 'shipped'] },
    total: { type: 'number', minimum: 0 },
    currency: { type: 'string', minLength: 3, maxLength: 3 },
    express: { type: 'boolean' },
    createdAt: { type: 'string', format: 'date-time' },
    note: { type: 'string', maxLength: 2000 },
    items: {
      type: 'array',
      minItems: 1,
      maxItems: 50,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['sku', 'quantity', 'price'],
        properties: {
          sku: { type: 'string', minLength: 1 },
          quantity: { type: 'integer', minimum: 1 },
          price: { type: 'number', minimum: 0 },
        },
      },
    },
  },
} as const

const EVENT_BYTES = 1024
const NUMBER = 'N'.repeat(NUMBER_DIGITS)
const SENT = 'T'.repeat(SENT_DIGITS)

function eventData(noteLength: number) {
  return {
    id: 'ord-00004711',
    customer: 'Ada Lovelace',
    email: 'ada@example.com',
    status: 'paid',
    total: 129.9,
    currency: 'EUR',
    express: true,
    createdAt: '2026-01-01T12:00:00Z',
    items: [
      { sku: 'book-1842', quantity: 1, price: 29.9 },
      { sku: 'engine-part-7', quantity: 4, price: 20 },
      { sku: 'punch-card', quantity: 200, price: 0.1 },
    ],
    note: 'x'.repeat(noteLength),
  }
}

function structuredEvent(prefix: string, noteLength: number): string {
  return JSON.stringify({
    specversion: '1.0',
    id: `${prefix}${NUMBER}`,
    source: '/bench/orders',
    type: EVENT_TYPE,
    subject: 'orders/4711',
    time: '2026-01-01T12:00:00Z',
    datacontenttype: 'application/json',
    sent: SENT,
    data: eventData(noteLength),
  })
}

/** The request that publishes an event of 1 KiB in structured mode, or the same event in binary mode. */
export function eventRequest(mode: Mode, url: URL, prefix: string): RequestTemplate {
  const noteLength = EVENT_BYTES - structuredEvent(prefix, 0).length
  const body =
    mode === 'structured'
      ? structuredEvent(prefix, noteLength)
      : JSON.stringify(eventData(noteLength))
  const attributes =
    mode === 'structured'
      ? ['content-type: application/cloudevents+json']
      : [
          'ce-specversion: 1.0',
          `ce-id: ${prefix}${NUMBER}`,
          'ce-source: /bench/orders',
          `ce-type: ${EVENT_TYPE}`,
          'ce-subject: orders/4711',
          'ce-time: 2026-01-01T12:00:00Z',
          `ce-sent: ${SENT}`,
          'content-type: application/json',
        ]
  const head = [
    `POST ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    ...attributes,
    `content-length: ${body.length}`,
  ]
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1')
  return { bytes, numberAt: bytes.indexOf(NUMBER), sentAt: bytes.indexOf(SENT) }
}

/** Writes `value` as `digits` decimal digits. */
export function writeDigits(bytes: Buffer, at: number, digits: number, value: number): void {
  let rest = value
  for (let place = at + digits - 1; place >= at; place--) {
    const next = Math.floor(rest / 10)
    bytes[place] = 0x30 + rest - next * 10
    rest = next
  }
}

/** Microseconds of the machine's monotonic clock. */
export function monotonicMicros(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e6 + Math.floor(nanoseconds / 1000)
}
