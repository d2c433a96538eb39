import t from 'tap'
import { parseDuration } from '#triggers/parse-duration.ts'
import { parseQuantity } from '#triggers/parse-quantity.ts'
import { parseTimestamp } from '#triggers/parse-timestamp.ts'

t.test('parseDuration() reads ISO 8601 durations as milliseconds', async (t) => {
  const table: Record<string, number> = {
    PT0S: 0,
    P0D: 0,
    'PT0.2S': 200,
    'PT0,2S': 200,
    PT1S: 1000,
    PT90S: 90_000,
    PT10M: 600_000,
    PT2H: 7_200_000,
    'PT1.5H': 5_400_000,
    PT1H1M1S: 3_661_000,
    P1D: 86_400_000,
    P7D: 604_800_000,
    P1W: 604_800_000,
    P1W1D: 691_200_000,
    P1DT12H: 129_600_000,
    'PT0.0001S': 0,
    'PT0.0006S': 1,
  }
  for (const [text, ms] of Object.entries(table)) t.equal(parseDuration(text), ms, text)
})

t.test('parseDuration() refuses anything else', async (t) => {
  const wrong = [
    '',
    'P',
    'PT',
    '5',
    '5s',
    '200ms',
    'PT5',
    'P5',
    'T5S',
    'pt5s',
    'PT5s',
    'P5S',
    'PT5D',
    'PT5W',
    'PT1S1M',
    'PT1S1S',
    'P1D1W',
    'P1H',
    '-PT1S',
    'PT-1S',
    '+PT1S',
    ' PT1S',
    'PT1S ',
    'PT1S\n',
    'PT.5S',
    'PT5.S',
    'PT1.5M3S',
    'P1.5DT1H',
    'P1DT',
    'PT1e3S',
    'PTNaNS',
    'P1D2',
    'constructor',
    `P${'9'.repeat(400)}D`,
    'P99999999999999D',
  ]
  for (const text of wrong) t.throws(() => parseDuration(text), SyntaxError, JSON.stringify(text))
})

t.test('parseDuration() refuses years and months, and says why', async (t) => {
  for (const text of ['P1Y', 'P1M', 'P1Y2M3D', 'P1MT1S']) {
    t.throws(() => parseDuration(text), { message: /years and months differ in length/ }, text)
  }
})

t.test('parseQuantity() reads plain numbers and Kubernetes quantities as bytes', async (t) => {
  const table: Record<string, number> = {
    0: 0,
    1: 1,
    1073741824: 1_073_741_824,
    '2k': 2000,
    '1M': 1_000_000,
    '1.5G': 1_500_000_000,
    '1Ki': 1024,
    '256Mi': 268_435_456,
    '1.5Gi': 1_610_612_736,
    '1Ti': 2 ** 40,
    '0.1': 1,
  }
  for (const [text, bytes] of Object.entries(table)) t.equal(parseQuantity(text), bytes, text)
  for (const text of [
    '',
    'Mi',
    '-1',
    '1mi',
    '1KI',
    '1K',
    '1 Mi',
    '1e3',
    '0x10',
    '1B',
    '1MiB',
    '.5G',
    '9000Pi',
    '1constructor',
  ]) {
    t.throws(() => parseQuantity(text), SyntaxError, JSON.stringify(text))
  }
})

t.test('parseTimestamp() reads RFC 3339 as milliseconds since 1970', async (t) => {
  const table: Record<string, number> = {
    '1970-01-01T00:00:00Z': 0,
    '2025-01-31T08:00:00Z': Date.UTC(2025, 0, 31, 8),
    '2025-01-31t08:00:00z': Date.UTC(2025, 0, 31, 8),
    '2025-01-31T08:00:00+01:00': Date.UTC(2025, 0, 31, 7),
    '2025-01-31T08:00:00-00:30': Date.UTC(2025, 0, 31, 8, 30),
    '2025-01-31T08:00:00.250Z': Date.UTC(2025, 0, 31, 8, 0, 0, 250),
    '2025-01-31T08:00:00.123456789Z': Date.UTC(2025, 0, 31, 8, 0, 0, 123),
    '2024-02-29T00:00:00Z': Date.UTC(2024, 1, 29),
  }
  for (const [text, ms] of Object.entries(table)) t.equal(parseTimestamp(text), ms, text)
  const wrong = [
    '',
    'now',
    '2025-01-31',
    '2025-01-31T08:00:00',
    '2025-01-31 08:00:00Z',
    '2025-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-01-31T24:00:00Z',
    '2025-01-31T08:60:00Z',
    '2025-01-31T08:00:60Z',
    '2025-01-31T08:00:00+25:00',
    '2025-01-31T08:00Z',
    '1738310400',
    'xx2025-01-31T08:00:00Z',
  ]
  for (const text of wrong) t.throws(() => parseTimestamp(text), SyntaxError, text)
})
