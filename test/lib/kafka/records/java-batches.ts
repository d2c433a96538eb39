import { readFileSync } from 'node:fs'

const BATCHES: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('fixtures/batches.json', import.meta.url), 'utf8'),
)

/** A record batch, or several, that Kafka's own client wrote: see fixtures/README.md. */
export function javaBatches(name: string): Buffer {
  const base64 = BATCHES[name]
  if (base64 === undefined) throw new Error(`There is no fixture "${name}"`)
  return Buffer.from(base64, 'base64')
}

const TIME = 1_700_000_000_000

/** What is in the batches `none`, `gzip`, `snappy`, `lz4` and `zstd`. */
export const AWKWARD_RECORDS = [
  {
    offset: 100,
    timestamp: TIME,
    key: 'key',
    value: 'value '.repeat(50),
    headers: [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
      ['a', null],
    ],
  },
  { offset: 101, timestamp: TIME - 5000, key: null, value: null, headers: [] },
  { offset: 102, timestamp: TIME + 5, key: '', value: '', headers: [['', '']] },
  {
    offset: 103,
    timestamp: TIME + 10_000_000_000,
    key: 'ключ',
    value: 'wörld 🌍',
    headers: [
      ['ce_naïve', 'ü'],
      ['ce_id', '1'],
    ],
  },
  { offset: 104, timestamp: 0, key: '0', value: '\xff\0\x80', headers: [] },
] as const

/** What is in the batches `long-*`, as the Java source makes it. */
export function longValues(): string[] {
  return [0, 1, 0, 1, 0, 1, 0, 1].map((which) => {
    let text = ''
    let state = which
    for (let line = 0; line < 300; line++) {
      state = (Math.imul(state, 1103515245) + 12345) | 0
      text += `{"line":${line},"value":"${(state >>> 0).toString(16)}"}`
      if (line % 100 === 0) text += '-'.repeat(line * 10 + 1)
    }
    return text
  })
}
