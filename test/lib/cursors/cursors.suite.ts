import type { Test } from 'tap'
import type { Cursors, FailedDelivery, TriggerCursor } from '#cursors/cursors.ts'

const SHARED = { offset: 10, mark: 'log-1', partitions: 3 }

/** An adapter under test, and names of Brokers that no other test of its storage uses. */
export interface CursorsFixture {
  readonly cursors: Cursors
  /** `<namespace>/<name>`; three partitions of it are used. */
  readonly broker: string
  /** Another one. */
  readonly other: string
}

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

type Run = (t: Test, fixture: CursorsFixture) => unknown

/**
 * What every adapter of the port `Cursors` keeps. `open` gives an adapter, and Brokers of which
 * nothing was ever saved.
 */
export function cursorsSuite(
  t: Test,
  open: (t: Test) => CursorsFixture | Promise<CursorsFixture>,
): void {
  const test = (title: string, run: Run) =>
    t.test(title, async (t) => {
      await run(t, await open(t))
    })

  test('load() of a partition that was never saved is undefined', async (t, {
    cursors,
    broker,
    other,
  }) => {
    await cursors.save(broker, 0, { shared: SHARED })

    t.equal(await cursors.load(broker, 1), undefined)
    t.equal(await cursors.load(other, 0), undefined)
  })

  test('load() returns exactly what was saved', async (t, { cursors, broker }) => {
    await cursors.save(broker, 2, {
      shared: SHARED,
      triggers: new Map([
        ['default/attached', ATTACHED],
        ['default/detached', DETACHED],
      ]),
      failures: [{ trigger: 'default/attached', offset: 7, failure: FAILURE }],
    })

    t.strictSame(await cursors.load(broker, 2), {
      shared: SHARED,
      triggers: new Map([
        ['default/attached', ATTACHED],
        ['default/detached', DETACHED],
      ]),
      failures: new Map([['default/attached', new Map([[7, FAILURE]])]]),
    })
  })

  test('save() leaves alone what the change does not name', async (t, { cursors, broker }) => {
    await cursors.save(broker, 0, {
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
    await cursors.save(broker, 0, {
      triggers: new Map([['default/a', changed]]),
      failures: [{ trigger: 'default/a', offset: 7, failure: later }],
    })
    await cursors.save(broker, 0, { shared: { offset: 11, mark: 'log-1b', partitions: 4 } })
    await cursors.save(broker, 0, {})

    t.strictSame(await cursors.load(broker, 0), {
      shared: { offset: 11, mark: 'log-1b', partitions: 4 },
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

  test('save() removes what the change names as undefined, and only that', async (t, {
    cursors,
    broker,
  }) => {
    await cursors.save(broker, 0, {
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

    await cursors.save(broker, 0, {
      triggers: new Map([['default/a', undefined]]),
      failures: [
        { trigger: 'default/a', offset: 3, failure: undefined },
        { trigger: 'default/b', offset: 7, failure: undefined },
        { trigger: 'default/never', offset: 1, failure: undefined },
      ],
    })

    t.strictSame(await cursors.load(broker, 0), {
      shared: SHARED,
      triggers: new Map([['default/b', ATTACHED]]),
      failures: new Map([['default/b', new Map([[3, FAILURE]])]]),
    })
  })

  test('save() keeps partitions and Brokers apart', async (t, { cursors, broker, other }) => {
    for (const [name, partition, offset] of [
      [broker, 0, 1],
      [broker, 1, 2],
      [other, 0, 3],
    ] as const) {
      const failures = [{ trigger: 'default/a', offset, failure: FAILURE }]
      const triggers = new Map([['default/a', { ...ATTACHED, open: [offset] }]])
      const shared = { offset, mark: '', partitions: 3 }
      await cursors.save(name, partition, { shared, triggers, failures })
    }

    await cursors.save(broker, 0, { triggers: new Map([['default/a', undefined]]) })

    const second = await cursors.load(broker, 1)
    t.equal(second?.shared.offset, 2)
    t.strictSame(second?.triggers.get('default/a')?.open, [2])
    t.strictSame([...(second?.failures.get('default/a')?.keys() ?? [])], [2])
    t.equal((await cursors.load(other, 0))?.shared.offset, 3)
  })

  test('save() refuses a first save without the shared cursor, and keeps nothing of it', async (t, {
    cursors,
    broker,
  }) => {
    await t.rejects(cursors.save(broker, 0, { triggers: new Map([['default/a', ATTACHED]]) }), {
      name: 'TypeError',
      message: `Cannot save the cursors of ${broker} partition 0: the first save must carry "shared"`,
    })

    t.equal(await cursors.load(broker, 0), undefined)
  })

  test('what was saved and what was loaded do not change with each other', async (t, {
    cursors,
    broker,
  }) => {
    const offsets = [1, 2]
    const triggers = new Map([['default/a', { ...ATTACHED, open: offsets }]])
    await cursors.save(broker, 0, { shared: SHARED, triggers })
    const before = await cursors.load(broker, 0)

    offsets.push(3)
    await cursors.save(broker, 0, { triggers: new Map([['default/a', DETACHED]]) })

    t.strictSame(before?.triggers.get('default/a')?.open, [1, 2])
    t.strictSame((await cursors.load(broker, 0))?.triggers, new Map([['default/a', DETACHED]]))
  })

  test('calls that were not awaited are applied in their order', async (t, { cursors, broker }) => {
    const saves = [1, 2, 3].map((offset) =>
      cursors.save(broker, 0, { shared: { offset, mark: `m${offset}`, partitions: 3 } }),
    )
    const saved = await Promise.all(saves)

    t.strictSame((await cursors.load(broker, 0))?.shared, {
      offset: 3,
      mark: 'm3',
      partitions: 3,
    })
    for (const { contested } of saved) t.equal(contested, false, 'nobody else saves')
  })

  test('a Trigger and an offset may have any name and size', async (t, { cursors, broker }) => {
    const names = ['__proto__/constructor', "a'b;--/c", 'ü/%', '']
    const triggers = new Map(names.map((name) => [name, ATTACHED]))
    const failures = names.map((trigger) => ({
      trigger,
      offset: Number.MAX_SAFE_INTEGER,
      failure: FAILURE,
    }))
    await cursors.save(broker, 0, { shared: SHARED, triggers, failures })

    const loaded = await cursors.load(broker, 0)

    t.strictSame(new Set(loaded?.triggers.keys()), new Set(names))
    for (const name of names) {
      t.strictSame([...(loaded?.failures.get(name)?.keys() ?? [])], [Number.MAX_SAFE_INTEGER])
    }
  })
}
