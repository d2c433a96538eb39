import type { Test } from 'tap'
import type { DeadLetter, DeadLetters } from '#dead-letters/dead-letters.ts'
import type { AttributeValue } from '#events/event.ts'
import { aDeadLetter } from './a-dead-letter.ts'

const NO_LETTER = 'AAAAAAAAAAAAAAAAAAAAAA'

/** An adapter under test that holds no letters, and names of Brokers that no other test uses. */
export interface DeadLettersFixture {
  readonly letters: DeadLetters
  /** `<namespace>/<name>`; two partitions of it are used. */
  readonly broker: string
  /** Another one. */
  readonly other: string
}

type Run = (
  t: Test,
  letters: DeadLetters,
  aLetter: (overrides?: Partial<DeadLetter>) => DeadLetter,
  fixture: DeadLettersFixture,
) => unknown

/** What every adapter of the port `DeadLetters` keeps. */
export function deadLettersSuite(
  t: Test,
  open: (t: Test) => DeadLettersFixture | Promise<DeadLettersFixture>,
): void {
  const test = (title: string, run: Run) =>
    t.test(title, async (t) => {
      const fixture = await open(t)
      const { letters, broker } = fixture
      await run(t, letters, (overrides) => aDeadLetter({ broker, ...overrides }), fixture)
    })

  test('an empty store lists nothing, has nothing and counts 0', async (t, letters) => {
    t.strictSame(await letters.list({ limit: 10 }), { letters: [], next: undefined })
    t.equal(await letters.get(NO_LETTER), undefined)
    t.equal(await letters.count(), 0)
  })

  test('get() returns the letter whole: attributes in order with types, data by the byte', async (t, letters, aLetter) => {
    const attributes = new Map<string, AttributeValue>([
      ['zebra', true],
      ['id', '1'],
      ['constructor', 'é"\\%'],
      ['__proto__', ''],
      ['count', -5],
      ['flag', false],
      ['number', '5'],
    ])
    const data = Uint8Array.from({ length: 256 }, (_, i) => i)
    const letter = aLetter({ event: { attributes, data }, offset: Number.MAX_SAFE_INTEGER })
    await letters.put(letter)

    const [summary] = (await letters.list({ limit: 1 })).letters
    const stored = await letters.get(summary?.id ?? '')

    t.strictSame([...(stored?.event.attributes ?? [])], [...attributes])
    t.strictSame([...(stored?.event.data ?? [])], [...data])
    t.strictSame({ ...stored, event: letter.event }, { ...letter, id: summary?.id })
  })

  test('get() and list() tell absent data from empty data', async (t, letters, aLetter) => {
    const { attributes } = aLetter().event
    const empty = { attributes, data: new Uint8Array(0) }
    await letters.put(aLetter({ offset: 0, time: 2, event: { attributes, data: undefined } }))
    await letters.put(aLetter({ offset: 1, time: 1, event: empty }))

    const { letters: listed } = await letters.list({ limit: 2 })
    const [absent, present] = await Promise.all(listed.map(({ id }) => letters.get(id)))

    t.strictSame(
      listed.map(({ dataBytes }) => dataBytes),
      [undefined, 0],
    )
    t.equal(absent?.event.data, undefined)
    t.equal(present?.event.data?.length, 0)
  })

  test('list() gives everything but the data, and its length', async (t, letters, aLetter) => {
    const letter = aLetter()
    await letters.put(letter)

    const [summary] = (await letters.list({ limit: 1 })).letters

    const { event, ...rest } = letter
    t.strictSame(summary, {
      ...rest,
      id: summary?.id,
      event: { attributes: event.attributes },
      dataBytes: event.data?.length,
    })
  })

  test('a letter without a status and without attempts stays one', async (t, letters, aLetter) => {
    const { status: _, ...letter } = aLetter({ attempts: [], reason: 'reply-loop' })
    await letters.put(letter)

    const [summary] = (await letters.list({ limit: 1 })).letters
    const stored = await letters.get(summary?.id ?? '')

    t.notOk('status' in (summary ?? {}))
    t.strictSame({ ...stored, event: letter.event }, { ...letter, id: summary?.id })
  })

  test('a record that is no CloudEvent is kept like an event, without a Trigger', async (t, letters, aLetter) => {
    const { status: _, ...letter } = aLetter({
      trigger: '',
      destination: '',
      attempts: [],
      reason: 'unreadable-record',
      event: { attributes: new Map(), data: Uint8Array.of(0, 255) },
    })
    await letters.put(letter)

    const { letters: listed } = await letters.list({ limit: 1, trigger: '' })
    const stored = await letters.get(listed[0]?.id ?? '')
    t.strictSame({ ...stored, event: letter.event }, { ...letter, id: listed[0]?.id })
    t.equal(stored?.event.attributes.size, 0)
    t.strictSame([...(stored?.event.data ?? [])], [0, 255])
  })

  test('put() of the same delivery replaces the letter and keeps its id', async (t, letters, aLetter) => {
    await letters.put(aLetter({ error: 'first', time: 1 }))
    const [first] = (await letters.list({ limit: 10 })).letters

    const { status: _, ...second } = aLetter({ error: 'second', time: 2 })
    await letters.put(second)

    const { letters: listed } = await letters.list({ limit: 10 })
    t.equal(await letters.count(), 1)
    t.equal(listed.length, 1)
    t.equal(listed[0]?.id, first?.id)
    t.equal(listed[0]?.error, 'second')
    t.equal(listed[0]?.time, 2)
    t.notOk('status' in (listed[0] ?? {}))
  })

  test('deliveries that differ in any part of their key are kept apart', async (t, letters, aLetter, {
    other,
  }) => {
    const keys: readonly Partial<DeadLetter>[] = [
      {},
      { broker: other },
      { trigger: 'default/other' },
      { partition: 1 },
      { offset: 1 },
      { partition: 11, offset: 1 },
      { partition: 1, offset: 11 },
      { trigger: '' },
    ]

    await Promise.all(keys.map((key) => letters.put(aLetter(key))))

    const ids = (await letters.list({ limit: 100 })).letters.map(({ id }) => id)
    t.equal(await letters.count(), keys.length)
    t.equal(new Set(ids).size, keys.length)
    for (const id of ids) t.equal(encodeURIComponent(id), id, 'safe in a URL path')
  })

  test('list() pages newest first, by time, and visits each letter once', async (t, letters, aLetter) => {
    const times = [5, 1, 3, 3, 3, 9, 2, 3, 7, 0]
    for (const [offset, time] of times.entries()) await letters.put(aLetter({ offset, time }))

    for (const limit of [1, 2, 3, 5, 10, 1000]) {
      const seen: { time: number; offset: number }[] = []
      let after: string | undefined
      do {
        const page = await letters.list(after === undefined ? { limit } : { limit, after })
        t.ok(page.letters.length <= limit)
        seen.push(...page.letters)
        after = page.next
        if (after !== undefined) t.equal(encodeURIComponent(after), after, 'safe in a URL')
      } while (after !== undefined)

      t.strictSame(
        seen.map(({ time }) => time),
        times.toSorted((a, b) => b - a),
        `limit ${limit}`,
      )
      t.equal(new Set(seen.map(({ offset }) => offset)).size, times.length, `limit ${limit}`)
    }
  })

  test('list() goes on where it was although newer letters came and one was replaced', async (t, letters, aLetter) => {
    for (const time of [1, 2, 3, 4]) await letters.put(aLetter({ offset: time, time }))
    const { next } = await letters.list({ limit: 2 })

    await letters.put(aLetter({ offset: 3, time: 10 }))
    await letters.put(aLetter({ offset: 11, time: 11 }))

    const page = await letters.list({ limit: 10, after: next ?? '' })
    t.strictSame(
      page.letters.map(({ time }) => time),
      [2, 1],
    )
  })

  test('list() of a Trigger gives its letters only, in pages too', async (t, letters, aLetter) => {
    for (let time = 0; time < 6; time++) {
      const trigger = time % 2 === 0 ? 'default/even' : "default/o'dd"
      await letters.put(aLetter({ offset: time, time, trigger }))
    }

    const first = await letters.list({ limit: 2, trigger: "default/o'dd" })
    const second = await letters.list({
      limit: 2,
      trigger: "default/o'dd",
      after: first.next ?? '',
    })

    t.strictSame(
      [...first.letters, ...second.letters].map(({ time }) => time),
      [5, 3, 1],
    )
    t.equal(second.next, undefined)
    t.strictSame((await letters.list({ limit: 2, trigger: 'default/none' })).letters, [])
  })

  test('list() refuses an "after" that no page gave and a limit out of bounds', async (t, letters) => {
    for (const after of ['', '5', `x.${NO_LETTER}`, `5.${NO_LETTER}A`, `5.${NO_LETTER}'`]) {
      await t.rejects(letters.list({ limit: 1, after }), {
        name: 'Problem',
        message: /"after" must be the "next" of an earlier page/,
      })
    }
    for (const limit of [0, 1001, 1.5, Number.NaN]) {
      await t.rejects(letters.list({ limit }), RangeError, String(limit))
    }
  })

  test('what was put and what was read do not change with each other', async (t, letters, aLetter) => {
    const data = Uint8Array.of(1, 2, 3)
    await letters.put(aLetter({ event: { attributes: aLetter().event.attributes, data } }))
    const [summary] = (await letters.list({ limit: 1 })).letters

    data[0] = 9
    const stored = await letters.get(summary?.id ?? '')
    if (stored?.event.data !== undefined) stored.event.data[1] = 9

    t.strictSame([...((await letters.get(summary?.id ?? ''))?.event.data ?? [])], [1, 2, 3])
  })
}
