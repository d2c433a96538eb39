import t from 'tap'
import type {
  CursorChange,
  FailedDelivery,
  PartitionCursor,
  TriggerCursor,
} from '#cursors/cursors.ts'
import { changeRecords } from '#cursors/kafka/change-records.ts'
import { readKey, writeKey } from '#cursors/kafka/cursor-key.ts'
import { encodeChange } from '#cursors/kafka/encode-change.ts'
import type { Life } from '#cursors/kafka/life.ts'
import { mergeCursorRecords } from '#cursors/kafka/merge-cursor-records.ts'
import { RecordHeads } from '#cursors/kafka/record-heads.ts'
import type { KafkaRecord } from '#kafka/records/kafka-record.ts'
import { storedAt } from './cursor-log.ts'

/** The owner before, who was stopped; he knew nothing from offset 10 on. */
const STALE: Life = { writer: 'stale', epoch: 10 }
/** The owner, who loaded up to offset 50. */
const OWNER: Life = { writer: 'owner', epoch: 50 }

const FAILURE: FailedDelivery = {
  phase: 'deliver',
  count: 1,
  attempts: [],
  since: 0,
  delayMs: 100,
}

function attached(...open: number[]): TriggerCursor {
  return { next: undefined, open, specs: [] }
}

function detached(next: number, ...open: number[]): TriggerCursor {
  return { next, open, specs: [] }
}

function shared(offset: number) {
  return { offset, mark: `m${offset}`, partitions: 3 }
}

interface Saying {
  /** What is saved beside the shared cursor. */
  readonly a?: TriggerCursor | undefined
  readonly failure?: FailedDelivery | undefined
}

/**
 * What `life` saved at offset `at`, while the shared offset was `sharedOffset`: the Trigger `a`,
 * its failure at 7, and the shared cursor. `removed` is what was said of `a` before it was removed;
 * `save` is its number where that is not in the order of the log.
 */
function saves(
  life: Life,
  at: number,
  sharedOffset: number,
  saying: Saying & {
    readonly reset?: number
    readonly removed?: TriggerCursor
    readonly save?: number
  } = {},
): readonly KafkaRecord[] {
  const { reset = 0, removed, save = at } = saying
  const statements = new Map<string, string>()
  const context = { partition: 0, life, save, statements, time: 0 }
  const change: CursorChange = {
    shared: shared(sharedOffset),
    ...('a' in saying ? { triggers: new Map([['a', saying.a]]) } : {}),
    ...('failure' in saying
      ? { failures: [{ trigger: 'a', offset: 7, failure: saying.failure }] }
      : {}),
  }
  const value = { ...shared(sharedOffset), reset }
  if (removed !== undefined) {
    const before = encodeChange({ triggers: new Map([['a', removed]]) })
    changeRecords(before, { ...context, shared: value })
  }
  return storedAt(at, changeRecords(encodeChange(change), { ...context, shared: value }))
}

/** Without the shared cursor: a later one has taken its place. */
function withoutShared(records: readonly KafkaRecord[]): readonly KafkaRecord[] {
  return records.filter(({ key }) => String(key) !== 's:0')
}

/** Without the Trigger: a later record has taken its place. */
function withoutTrigger(records: readonly KafkaRecord[]): readonly KafkaRecord[] {
  return records.filter(({ key }) => !String(key).startsWith('t:'))
}

function merge(...saved: (readonly KafkaRecord[])[]): PartitionCursor | undefined {
  const heads = new RecordHeads(0)
  for (const record of saved.flat()) heads.add(record)
  return mergeCursorRecords(heads)?.cursor
}

interface Row {
  readonly title: string
  readonly records: readonly (readonly KafkaRecord[])[]
  readonly shared?: number
  readonly a?: TriggerCursor | undefined
  readonly failure?: FailedDelivery | undefined
}

const TABLE: readonly Row[] = [
  {
    title: 'nothing but a removed Trigger is nothing',
    records: [withoutShared(saves(OWNER, 60, 5, { a: undefined }))],
  },
  {
    title: 'a Trigger that matched nothing since it was saved is attached',
    records: [saves(OWNER, 60, 5, { a: attached(3) }), saves(OWNER, 70, 9)],
    shared: 9,
    a: attached(3),
  },
  {
    title: 'the next owner counts, with what he had read',
    records: [
      saves(STALE, 20, 5, { a: attached(3, 4), failure: { ...FAILURE, count: 5 } }),
      saves(OWNER, 60, 4, { a: attached(3), failure: FAILURE }),
    ],
    shared: 4,
    a: attached(3),
    failure: FAILURE,
  },
  {
    title: 'a Trigger that the next owner has not saved goes on where its record was written',
    records: [saves(STALE, 20, 5, { a: attached(3) }), saves(OWNER, 60, 9)],
    shared: 9,
    a: detached(5, 3),
  },
  {
    title: 'a detached Trigger stands by itself',
    records: [saves(STALE, 20, 5, { a: detached(2, 1) }), saves(OWNER, 60, 9)],
    shared: 9,
    a: detached(2, 1),
  },
  {
    title: 'a stale owner does not take the shared cursor back',
    records: [saves(OWNER, 60, 90, { a: attached(88) }), saves(STALE, 70, 5)],
    shared: 90,
    a: attached(88),
  },
  {
    title: 'a stale owner counts for what is left of him alone',
    records: [withoutShared(saves(OWNER, 60, 90, { a: attached(88) })), saves(STALE, 70, 5)],
    shared: 5,
    a: detached(90, 88),
  },
  {
    title: 'a stale owner does not take a Trigger back; what its owner said later may be gone',
    records: [
      saves(OWNER, 60, 90, { a: attached(88) }),
      saves(OWNER, 65, 95),
      saves(STALE, 70, 5, { a: attached(3) }),
    ],
    shared: 95,
    a: detached(90, 88),
  },
  {
    title: "where the owner's record is gone, the Trigger is where the stale owner left it",
    records: [
      withoutTrigger(saves(OWNER, 60, 90, { a: attached(88) })),
      saves(STALE, 70, 5, { a: attached(3) }),
    ],
    shared: 90,
    a: detached(5, 3),
  },
  {
    title: 'what the owner saves again counts',
    records: [
      saves(OWNER, 60, 90, { a: attached(88) }),
      saves(STALE, 70, 5, { a: attached(3) }),
      saves(OWNER, 80, 91, { a: attached(89) }),
    ],
    shared: 91,
    a: attached(89),
  },
  {
    title: 'a Trigger that was saved further on than the shared cursor that is left waits for it',
    records: [
      saves(OWNER, 60, 90),
      withoutShared(saves(OWNER, 65, 95, { a: attached(94) })),
      saves(STALE, 70, 5),
    ],
    shared: 90,
    a: detached(95, 94),
  },
  {
    title: 'a removed Trigger is gone, whoever owns the partition later',
    records: [saves(STALE, 20, 5, { a: undefined, removed: attached(3) }), saves(OWNER, 60, 9)],
    shared: 9,
  },
  {
    title: 'a Trigger that the owner removed does not come back',
    records: [saves(OWNER, 60, 9, { a: undefined }), saves(STALE, 70, 5, { a: attached(3) })],
    shared: 9,
  },
  {
    title: 'a stale owner removes no Trigger',
    records: [
      saves(OWNER, 60, 9, { a: attached(8) }),
      saves(STALE, 70, 5, { a: undefined, removed: attached(3) }),
    ],
    shared: 9,
    a: detached(9, 8),
  },
  {
    title: 'of a Trigger that a stale owner removed, what he knew of it counts, where that is all',
    records: [
      withoutTrigger(saves(OWNER, 60, 9, { a: attached(8) })),
      saves(STALE, 70, 5, { a: undefined, removed: attached(3) }),
    ],
    shared: 9,
    a: detached(5, 3),
  },
  {
    title: 'of a failed delivery, more attempts count',
    records: [
      saves(OWNER, 60, 9, { failure: { ...FAILURE, count: 2 } }),
      saves(STALE, 70, 5, { failure: { ...FAILURE, count: 3 } }),
    ],
    shared: 9,
    failure: { ...FAILURE, count: 3 },
  },
  {
    title: 'of a failed delivery, the later phase counts',
    records: [
      saves(OWNER, 60, 9, { failure: { ...FAILURE, phase: 'dead-letter' } }),
      saves(STALE, 70, 5, { failure: { ...FAILURE, count: 3 } }),
    ],
    shared: 9,
    failure: { ...FAILURE, phase: 'dead-letter' },
  },
  {
    title: 'a delivery that the owner ended has ended',
    records: [
      saves(OWNER, 60, 9, { failure: undefined }),
      saves(STALE, 70, 5, { failure: { ...FAILURE, count: 3 } }),
    ],
    shared: 9,
  },
  {
    title: 'a delivery that a stale owner ended is for the owner to end',
    records: [
      saves(OWNER, 60, 9, { failure: { ...FAILURE, count: 2 } }),
      saves(STALE, 70, 5, { failure: undefined }),
    ],
    shared: 9,
    failure: { ...FAILURE, count: 2 },
  },
  {
    title: 'a Trigger starts again where a stale owner speaks of an event log that is gone',
    records: [
      withoutTrigger(saves(OWNER, 60, 0, { a: detached(0), reset: 50 })),
      saves(STALE, 70, 900, { a: attached(880), failure: FAILURE }),
    ],
    shared: 0,
    a: detached(0),
  },
  {
    title: 'a shared cursor that went back takes its Triggers along',
    records: [saves(OWNER, 60, 90, { a: attached(88) }), saves(OWNER, 70, 4, { reset: 50 })],
    shared: 4,
    a: attached(88),
  },
  {
    title: 'of two that loaded the same, the last one counts',
    records: [
      saves({ writer: 'one', epoch: 50 }, 50, 7, { a: attached(6) }),
      saves({ writer: 'two', epoch: 50 }, 60, 5, { a: attached(3) }),
    ],
    shared: 5,
    a: attached(3),
  },
  {
    title: 'a save that was stored late does not hide what is newer',
    records: [
      saves(OWNER, 60, 9, { a: attached(8), failure: undefined }),
      saves(OWNER, 70, 5, { a: attached(3), failure: FAILURE, save: 55 }),
    ],
    shared: 9,
    a: attached(8),
  },
  {
    title: 'nor does it, where it is all that is left of a Trigger',
    records: [
      withoutTrigger(saves(OWNER, 60, 9, { a: attached(8) })),
      withoutShared(saves(OWNER, 70, 5, { a: attached(3), save: 65 })),
    ],
    shared: 9,
    a: detached(5, 3),
  },
  {
    title: 'a batch that was stored twice counts once',
    records: [saves(OWNER, 60, 9, { a: attached(8) }), saves(OWNER, 70, 9, { a: attached(8) })],
    shared: 9,
    a: attached(8),
  },
]

for (const { title, records, shared: offset, a, failure } of TABLE) {
  t.test(title, async (t) => {
    const merged = merge(...records)

    t.strictSame(
      merged,
      offset === undefined
        ? undefined
        : {
            shared: shared(offset),
            triggers: new Map(a === undefined ? [] : [['a', a]]),
            failures: new Map(failure === undefined ? [] : [['a', new Map([[7, failure]])]]),
          },
    )
  })
}

t.test('specifications start again with the Trigger', async (t) => {
  const applied = (from: number) => ({ from, filters: [], spec: { from } })
  const cursor = { ...attached(880), specs: [applied(5), applied(700)], vanishedAt: 3 }

  const merged = merge(
    withoutTrigger(saves(OWNER, 60, 0, { a: attached(), reset: 50 })),
    saves(STALE, 70, 900, { a: cursor }),
  )

  t.strictSame(merged?.triggers.get('a'), {
    next: 0,
    open: [],
    specs: [{ ...applied(700), from: 0 }],
    vanishedAt: 3,
  })
})

t.test('other partitions, and what is no cursor, are passed over', async (t) => {
  const heads = new RecordHeads(1)
  const foreign = { offset: 0, timestamp: 0, key: null, value: null, headers: [] }

  const added = [...saves(OWNER, 60, 9, { a: attached() }), foreign].map((each) => heads.add(each))

  t.strictSame(added, [false, false, false])
  t.equal(mergeCursorRecords(heads), undefined)
})

t.test('a record that cannot be understood is not passed over', async (t) => {
  const [record] = saves(OWNER, 60, 9)
  const heads = new RecordHeads(0)

  t.throws(() => heads.add({ ...record!, headers: [] }), {
    message: 'The record at offset 60 is not understood: Sluice did not write it',
  })
  t.throws(() => heads.add({ ...record!, headers: [['sluice-life', Buffer.from('2 x')]] }), {
    message: 'The record at offset 60 is not understood: a newer Sluice wrote it',
  })
})

t.test('record keys tell apart whatever names may be', async (t) => {
  const names = ['', '7', '7:x', 't:0:', 'a\nb', 'ü/%', 's:0']
  const keys = names.flatMap((trigger) => [
    { kind: 'trigger', partition: 0, trigger } as const,
    { kind: 'failure', partition: 0, offset: Number.MAX_SAFE_INTEGER, trigger } as const,
    { kind: 'failure', partition: 0, offset: 7, trigger } as const,
  ])

  const texts = keys.map(writeKey)

  t.equal(new Set(texts).size, keys.length)
  t.strictSame(texts.map(readKey), keys)
  t.strictSame(readKey(writeKey({ kind: 'shared', partition: 12 })), {
    kind: 'shared',
    partition: 12,
  })
  t.equal(readKey('x:1'), undefined)
})
