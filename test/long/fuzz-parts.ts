// The parts of Sluice that read what others wrote, with another seed each time. FUZZ_SEED repeats one.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { fuzzAnswers } from '../fuzz/fuzz-answers.ts'
import { fuzzLenientBatches } from '../fuzz/fuzz-http.ts'
import { fuzzMessages } from '../fuzz/fuzz-messages.ts'
import { fuzzRecordBatches } from '../fuzz/fuzz-record-batches.ts'
import { fuzzResources } from '../fuzz/fuzz-resources.ts'
import { TestGateway } from '../gateway/harness.ts'
import { fuzzSeed } from '../support/fuzz-seed.ts'

const SEED = fuzzSeed(Date.now() % 1e9)
const SECONDS = Number(process.env['FUZZ_PART_SECONDS'] ?? 30)
const RUNS = 2000
const MOST_GROWTH_MIB = 30

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

type Seen = Readonly<Record<string, number>>
type Fuzz = (seed: number, runs: number) => Seen | Promise<Seen>

const PARTS: Readonly<Record<string, Fuzz>> = {
  messages: fuzzMessages,
  'record batches': fuzzRecordBatches,
  resources: fuzzResources,
  'answers of subscribers': fuzzAnswers,
  'lenient batches': batches,
}

/** To a gateway of its own, whose log does not grow and grow. */
async function batches(seed: number, runs: number): Promise<Seen> {
  const gateway = await new TestGateway().start()
  try {
    return await fuzzLenientBatches(gateway, seed, runs / 10)
  } finally {
    await gateway.stop()
  }
}

/** What is kept, in MiB: in the heap and beside it. */
async function keptMib(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external } = process.memoryUsage()
  return Math.round((heapUsed + external) / 1024 / 1024)
}

for (const [name, fuzz] of Object.entries(PARTS)) {
  t.test(`${name} (FUZZ_SEED=${SEED})`, async (t) => {
    const total = new Map<string, number>()
    const end = performance.now() + SECONDS * 1000
    let before: number | undefined
    let rounds = 0
    // Each round has the seed by which it can be run again alone.
    do {
      const seen = await fuzz(SEED + rounds, RUNS)
      for (const [key, count] of Object.entries(seen)) total.set(key, (total.get(key) ?? 0) + count)
      before ??= await keptMib()
      rounds += 1
    } while (performance.now() < end)
    const after = await keptMib()
    t.comment({ runs: rounds * RUNS, ...Object.fromEntries(total), keptMib: { before, after } })

    for (const [key, count] of total) t.ok(count > rounds * 10, `${count} ${key}`)
    t.ok(after <= before + MOST_GROWTH_MIB, `${before} MiB kept before, ${after} MiB after`)
  })
}
