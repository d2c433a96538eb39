import t from 'tap'
import { HeldPartitions } from '#kafka/group/held-partitions.ts'
import { createLogger } from '#telemetry/logger.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const PATIENCE_MS = 10_000

/** An owner whose calls end when the test says so. */
function start() {
  const clock = new FakeClock()
  const calls: { readonly name: string; readonly end: PromiseWithResolvers<void> }[] = []
  const events: string[] = []
  const call = (name: string) => {
    const end = Promise.withResolvers<void>()
    calls.push({ name, end })
    return end.promise
  }
  const held = new HeldPartitions({
    owner: {
      assigned: (partitions) => call(`+${partitions.join(' ')}`),
      revoked: (partitions) => call(`-${partitions.join(' ')}`),
    },
    patienceMs: PATIENCE_MS,
    clock,
    logger: createLogger({ level: 'silent', name: 'test' }),
    begun: () => events.push('begun'),
    refused: (error) => events.push(`refused: ${(error as Error).message}`),
    released: () => events.push('released'),
  })
  /** Ends the oldest call. */
  const end = async () => {
    calls.shift()?.end.resolve()
    await turn()
  }
  const fail = async () => {
    calls.shift()?.end.reject(new Error('as told'))
    await turn()
  }
  const names = () => calls.map(({ name }) => name)
  return { clock, held, events, end, fail, names }
}

async function turn(): Promise<void> {
  await new Promise(setImmediate)
}

t.test('aim() takes away before it gives', async (t) => {
  const { held, events, end, names } = start()
  const first = held.aim([0, 1, 2])
  await turn()
  t.same(names(), ['+0 1 2'])
  await end()
  await first
  t.same(events, ['begun'])

  const second = held.aim([2, 3])
  await turn()
  t.same(names(), ['-0 1'])
  t.same([...held.held], [0, 1, 2], 'held until it is given back')
  await end()
  t.same(names(), ['+3'])
  await end()
  await second

  t.same([...held.held], [2, 3])
  t.same(events, ['begun', 'released'])
})

t.test(
  'the first call of assigned comes even when there is nothing yet, and only the first',
  async (t) => {
    const { held, events, end, names } = start()
    void held.aim([])
    await turn()
    t.same(names(), ['+'])
    await end()
    t.same(events, ['begun'])

    await held.aim([])

    t.same(names(), [])
  },
)

t.test('claims() are what is held, and what is about to be', async (t) => {
  const { held, end, names } = start()
  void held.aim([0, 1])
  await turn()
  void held.aim([1, 2])
  await turn()

  t.same(names(), ['+0 1'], 'one call at a time')
  t.same(held.claims(), [0, 1, 2])
  await end()
  t.same(held.claims(), [0, 1, 2], 'until revoked has ended')
  await end()
  t.same(held.claims(), [1, 2])
})

t.test('what is taken away before it was given is never given', async (t) => {
  const { held, end, names } = start()
  void held.aim([0])
  await turn()
  void held.aim([0, 1])
  void held.aim([0, 2])
  await end()

  t.same(names(), ['+2'])
})

t.test('what comes back while it is being taken away is given again', async (t) => {
  const { held, end, names } = start()
  void held.aim([0])
  await turn()
  await end()
  void held.aim([])
  await turn()
  t.same(names(), ['-0'])
  void held.aim([0])
  t.same(held.claims(), [0])

  await end()

  t.same(names(), ['+0'])
  t.same([...held.held], [0])
})

t.test(
  'what is not given back in time passes on, and the owner has one call at a time still',
  async (t) => {
    const { clock, held, events, end, names } = start()
    void held.aim([0, 1])
    await turn()
    await end()
    void held.aim([1])
    await turn()
    clock.advance(PATIENCE_MS - 1)
    await turn()
    t.same([...held.held], [0, 1])

    clock.advance(1)
    await turn()
    t.same([...held.held], [1])
    t.same(events, ['begun', 'released'])
    void held.aim([0, 1])
    await turn()
    t.same(names(), ['-0'], 'the next one waits')
    await end()
    t.same(names(), ['+0'])
  },
)

t.test('an owner that does not end taking does not hold up what is to pass on', async (t) => {
  const { clock, held, events, end, names } = start()
  void held.aim([0, 1])
  await turn()
  void held.aim([])
  await turn()

  clock.advance(PATIENCE_MS)
  await turn()
  clock.advance(PATIENCE_MS)
  await turn()

  t.same(held.claims(), [])
  t.same(events, ['released'])
  t.same(names(), ['+0 1'])
  await end()
  t.same(names(), ['-0 1'])
})

t.test(
  'an owner that rejects the first has not begun, and a later one is asked again',
  async (t) => {
    const refused = start()
    void refused.held.aim([0])
    await turn()
    await refused.fail()
    t.same(refused.events, ['refused: as told'])
    t.same(refused.held.held.size, 0)

    const later = start()
    void later.held.aim([0])
    await turn()
    await later.end()
    void later.held.aim([0, 1])
    await turn()
    await later.fail()
    t.same([...later.held.held], [0])
    t.same(later.held.claims(), [0, 1], 'nobody else gets it')
    t.same(later.names(), [])
    later.clock.advance(1000)
    await turn()
    t.same(later.names(), ['+1'])
  },
)

t.test('revoked that is rejected counts as given back', async (t) => {
  const { held, fail, end } = start()
  void held.aim([0])
  await turn()
  await end()
  const empty = held.aim([])
  await turn()

  await fail()
  await empty

  t.same([...held.held], [])
})

t.test('clear() ends, whatever the owner does', async (t) => {
  const { clock, held } = start()
  void held.aim([0])
  await turn()
  const cleared = held.clear()

  clock.advance(PATIENCE_MS)
  await cleared

  t.same(held.claims(), [])
})

t.test('close() takes everything away and gives nothing more', async (t) => {
  const { clock, held, end, fail, names } = start()
  void held.aim([0])
  await turn()
  await end()
  void held.aim([0, 1])
  await turn()
  await fail()
  const closed = held.close()
  await turn()
  t.same(names(), ['-0'])
  await end()
  await closed

  await held.aim([5])

  t.same(held.claims(), [])
  t.same(names(), [])
  t.equal(clock.pending, 0)
})
