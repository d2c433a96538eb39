import type { Test } from 'tap'
import type { Cursors, FailedDelivery, TriggerCursor } from '#cursors/cursors.ts'

const BROKER = 'default/shop'
const SHARED = { offset: 10, mark: 'log-1' }

const ATTACHED: TriggerCursor = {
  next: undefined,
  open: [3, 7, 9],
  specs: [
    { from: 0, filters: [{ exact: { type: 'a' } }], spec: { broker: 'shop', n: 1, on: true } },
  ],
}

const DETACHED: TriggerCursor = {
  next: 4,
  open: [0, 1, 2, 3, 300, 2 ** 40, Number.MAX_SAFE_INTEGER],
  specs: [
    { from: 0, filters: [], spec: {} },
    { from: 5, filters: [{ not: { any: [{ prefix: { type: 'é"\\' } }] } }], spec: null },
  ],
  vanishedAt: 1_735_689_600_123,
}

const FAILURE: FailedDelivery = {
  phase: 'dead-letter',
  count: 2,
  attempts: [
    { phase: 'deliver', time: 1_735_689_600_000, durationMs: 12.5, error: 'connection refused' },
    { phase: 'dead-letter', time: 1_735_689_600_100, durationMs: 3, status: 503, error: 'busy' },
  ],
  since: 1_735_689_600_103,
  delayMs: 400,
  answer: { status: 500, dataBase64: 'AP8=', extensions: { reason: 'x' } },
}

/** What every adapter of the port `Cursors` keeps. `open` gives a new, empty one. */
export function cursorsSuite(t: Test, open: (t: Test) => Cursors): void {
  t.test('load() of a partition that was never saved is undefined', async (t) => {
    const cursors = open(t)
    await cursors.save(BROKER, 0, { shared: SHARED })

    t.equal(await cursors.load(BROKER, 1), undefined)
    t.equal(await cursors.load('default/other', 0), undefined)
  })

  t.test('load() returns exactly what was saved', async (t) => {
    const cursors = open(t)
    await cursors.save(BROKER, 2, {
      shared: SHARED,
      triggers: new Map([
        ['default/attached', ATTACHED],
        ['default/detached', DETACHED],
      ]),
      failures: [{ trigger: 'default/attached', offset: 7, failure: FAILURE }],
    })

    t.strictSame(await cursors.load(BROKER, 2), {
      shared: SHARED,
      triggers: new Map([
        ['default/attached', ATTACHED],
        ['default/detached', DETACHED],
      ]),
      failures: new Map([['default/attached', new Map([[7, FAILURE]])]]),
    })
  })

  t.test('save() leaves alone what the change does not name', async (t) => {
    const cursors = open(t)
    await cursors.save(BROKER, 0, {
      shared: SHARED,
      triggers: new Map([
        ['default/a', ATTACHED],
        ['default/b', DETACHED],
      ]),
      failures: [
        { trigger: 'default/a', offset: 3, failure: FAILURE },
        { trigger: 'default/a', offset: 7, failure: FAILURE },
      ],
    })

    const changed = { ...ATTACHED, open: [9] }
    const later = { ...FAILURE, count: 3 }
    await cursors.save(BROKER, 0, {
      triggers: new Map([['default/a', changed]]),
      failures: [{ trigger: 'default/a', offset: 7, failure: later }],
    })
    await cursors.save(BROKER, 0, { shared: { offset: 11, mark: 'log-1b' } })
    await cursors.save(BROKER, 0, {})

    t.strictSame(await cursors.load(BROKER, 0), {
      shared: { offset: 11, mark: 'log-1b' },
      triggers: new Map([
        ['default/a', changed],
        ['default/b', DETACHED],
      ]),
      failures: new Map([
        [
          'default/a',
          new Map([
            [3, FAILURE],
            [7, later],
          ]),
        ],
      ]),
    })
  })

  t.test('save() removes what the change names as undefined, and only that', async (t) => {
    const cursors = open(t)
    await cursors.save(BROKER, 0, {
      shared: SHARED,
      triggers: new Map([
        ['default/a', ATTACHED],
        ['default/b', ATTACHED],
      ]),
      failures: [
        { trigger: 'default/a', offset: 3, failure: FAILURE },
        { trigger: 'default/b', offset: 3, failure: FAILURE },
        { trigger: 'default/b', offset: 7, failure: FAILURE },
      ],
    })

    await cursors.save(BROKER, 0, {
      triggers: new Map([['default/a', undefined]]),
      failures: [
        { trigger: 'default/a', offset: 3, failure: undefined },
        { trigger: 'default/b', offset: 7, failure: undefined },
        { trigger: 'default/never', offset: 1, failure: undefined },
      ],
    })

    t.strictSame(await cursors.load(BROKER, 0), {
      shared: SHARED,
      triggers: new Map([['default/b', ATTACHED]]),
      failures: new Map([['default/b', new Map([[3, FAILURE]])]]),
    })
  })

  t.test('save() keeps partitions and Brokers apart', async (t) => {
    const cursors = open(t)
    for (const [broker, partition, offset] of [
      [BROKER, 0, 1],
      [BROKER, 1, 2],
      ['other/shop', 0, 3],
    ] as const) {
      const failures = [{ trigger: 'default/a', offset, failure: FAILURE }]
      const triggers = new Map([['default/a', { ...ATTACHED, open: [offset] }]])
      await cursors.save(broker, partition, { shared: { offset, mark: '' }, triggers, failures })
    }

    await cursors.save(BROKER, 0, { triggers: new Map([['default/a', undefined]]) })

    const other = await cursors.load(BROKER, 1)
    t.equal(other?.shared.offset, 2)
    t.strictSame(other?.triggers.get('default/a')?.open, [2])
    t.strictSame([...(other?.failures.get('default/a')?.keys() ?? [])], [2])
    t.equal((await cursors.load('other/shop', 0))?.shared.offset, 3)
  })

  t.test(
    'save() refuses a first save without the shared cursor, and keeps nothing of it',
    async (t) => {
      const cursors = open(t)

      await t.rejects(cursors.save(BROKER, 0, { triggers: new Map([['default/a', ATTACHED]]) }), {
        name: 'TypeError',
        message: /default\/shop partition 0: the first save must carry "shared"/,
      })

      t.equal(await cursors.load(BROKER, 0), undefined)
    },
  )

  t.test('what was saved and what was loaded do not change with each other', async (t) => {
    const cursors = open(t)
    const offsets = [1, 2]
    const triggers = new Map([['default/a', { ...ATTACHED, open: offsets }]])
    await cursors.save(BROKER, 0, { shared: SHARED, triggers })
    const before = await cursors.load(BROKER, 0)

    offsets.push(3)
    await cursors.save(BROKER, 0, { triggers: new Map([['default/a', DETACHED]]) })

    t.strictSame(before?.triggers.get('default/a')?.open, [1, 2])
    t.strictSame((await cursors.load(BROKER, 0))?.triggers, new Map([['default/a', DETACHED]]))
  })

  t.test('calls that were not awaited are applied in their order', async (t) => {
    const cursors = open(t)

    const saves = [1, 2, 3].map((offset) =>
      cursors.save(BROKER, 0, { shared: { offset, mark: `m${offset}` } }),
    )
    await Promise.all(saves)

    t.strictSame((await cursors.load(BROKER, 0))?.shared, { offset: 3, mark: 'm3' })
  })

  t.test('a Trigger and an offset may have any name and size', async (t) => {
    const cursors = open(t)
    const names = ['__proto__/constructor', "a'b;--/c", 'ü/%', '']
    const triggers = new Map(names.map((name) => [name, ATTACHED]))
    const failures = names.map((trigger) => ({
      trigger,
      offset: Number.MAX_SAFE_INTEGER,
      failure: FAILURE,
    }))
    await cursors.save("x'/y", 0, { shared: SHARED, triggers, failures })

    const loaded = await cursors.load("x'/y", 0)

    t.strictSame(new Set(loaded?.triggers.keys()), new Set(names))
    for (const name of names) {
      t.strictSame([...(loaded?.failures.get(name)?.keys() ?? [])], [Number.MAX_SAFE_INTEGER])
    }
  })
}
