import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { CursorChange, FailedDelivery, TriggerCursor } from '#cursors/cursors.ts'
import type { PartitionCursors } from '#cursors/kafka/partition-cursors.ts'
import { MemoryCursors } from '#cursors/memory/memory-cursors.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { CursorLog, type Sending } from './cursor-log.ts'
import { lostBy, ModelledOwner, TRIGGERS, type TriggerName } from './modelled-owner.ts'

/** That many readers find each state of the log, each compacted in another way. */
const READERS = 4

/** 0 is the owner, 1 the one before him, and so on. */
const who = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(3))
const trigger = fc.constantFrom(...TRIGGERS)
const seed = fc.integer()
const count = fc.nat(9)

type Step = { readonly who: number } & (
  | { readonly kind: 'save'; readonly sending: Sending }
  | { readonly kind: 'judge'; readonly count: number }
  | { readonly kind: 'deliver'; readonly trigger: TriggerName; readonly count: number }
  | { readonly kind: 'catch up'; readonly trigger: TriggerName; readonly count: number }
  | { readonly kind: 'detach'; readonly trigger: TriggerName }
  | { readonly kind: 'take over'; readonly saves: boolean }
  | { readonly kind: 'look' }
  | { readonly kind: 'compact'; readonly seed: number }
)

function is<Kind extends Step['kind']>(kind: Kind) {
  return fc.constant(kind)
}

/** What owners do, and what becomes of their saves. */
function stepsWith(...sendings: readonly Sending[]): fc.Arbitrary<readonly Step[]> {
  const spoilt = fc.constantFrom(...sendings)
  const stored = fc.constant('stored' as const)
  const sending: fc.Arbitrary<Sending> = fc.oneof({ weight: 4, arbitrary: stored }, spoilt)
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: is('save'), who, sending }) },
    { weight: 3, arbitrary: fc.record({ kind: is('judge'), who, count }) },
    { weight: 4, arbitrary: fc.record({ kind: is('deliver'), who, trigger, count }) },
    { weight: 1, arbitrary: fc.record({ kind: is('detach'), who, trigger }) },
    { weight: 2, arbitrary: fc.record({ kind: is('catch up'), who, trigger, count }) },
    { weight: 1, arbitrary: fc.record({ kind: is('take over'), who, saves: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: is('look'), who }) },
    { weight: 2, arbitrary: fc.record({ kind: is('compact'), who, seed }) },
  )
  return fc.array(step, { minLength: 5, maxLength: 60 })
}

/** Owners of one partition, one after the other, of whom none knows when he is stale. */
class ModelledOwners {
  readonly log = new CursorLog()
  readonly delivered = new Set<string>()
  /** Where the one that came furthest is. */
  end = 0
  readonly #owners: { readonly process: PartitionCursors; readonly owner: ModelledOwner }[] = []

  async do(step: Step): Promise<void> {
    const { process, owner } = this.#owners[step.who % this.#owners.length]!
    if (step.kind === 'save') {
      this.log.sending = step.sending
      await owner.save()
      this.log.sending = 'stored'
    } else if (step.kind === 'judge') owner.judge(step.count)
    else if (step.kind === 'deliver') owner.deliver(step.trigger, step.count)
    else if (step.kind === 'detach') owner.detach(step.trigger)
    else if (step.kind === 'catch up') owner.catchUp(step.trigger, step.count)
    else if (step.kind === 'look') await process.load()
    else if (step.kind === 'compact') this.log.compact(half(step.seed))
    else await this.takeOver(step.saves)
    this.end = Math.max(this.end, owner.shared)
  }

  async takeOver(saves: boolean): Promise<void> {
    const process = this.log.open()
    const owner = new ModelledOwner(process, this.delivered)
    await owner.takeOver()
    if (saves) await owner.save()
    this.#owners.unshift({ process, owner })
  }

  /** Whoever takes over from this log makes every delivery that is left, and no other. */
  async check(log: CursorLog): Promise<void> {
    const loaded = await log.open().load()
    assert.deepEqual(lostBy(loaded, this.delivered, this.end), [])
    for (const [name, { next, open }] of loaded?.triggers ?? []) {
      const from = next ?? loaded?.shared.offset ?? 0
      const twice = open.filter((offset) => offset >= from)
      assert.deepEqual(twice, [], `${name} opens them, and will judge them once more`)
    }
  }
}

t.test('nothing is lost, whoever writes late and whatever compaction takes', async () => {
  const steps = stepsWith('rejected', 'rejected, and stored', 'stored twice', 'cut off')
  const property = fc.asyncProperty(steps, seed, async (steps, seed) => {
    const random = seededRandom(seed)
    const owners = new ModelledOwners()
    await owners.takeOver(true)
    for (const step of steps) {
      await owners.do(step)
      for (let reader = 0; reader < READERS; reader++) {
        await owners.check(owners.log.compacted(() => random() < 0.5))
      }
    }
  })
  await fc.assert(property, { numRuns: 300 })
})

t.test('nothing is lost, however late a batch is stored', async () => {
  const steps = stepsWith('rejected', 'rejected, and stored late', 'stored, and late again')
  const property = fc.asyncProperty(steps, async (steps) => {
    const owners = new ModelledOwners()
    await owners.takeOver(true)
    for (const step of steps) {
      if (step.kind === 'compact') continue
      await owners.do(step)
      await owners.check(owners.log)
    }
  })
  await fc.assert(property, { numRuns: 500 })
})

const offsets = fc
  .uniqueArray(fc.nat(40), { maxLength: 5 })
  .map((numbers) => numbers.toSorted((a, b) => a - b))
const cursor: fc.Arbitrary<TriggerCursor> = fc.record({
  next: fc.option(fc.nat(50), { nil: undefined }),
  open: offsets,
  specs: fc.constant([]),
})
const failure: fc.Arbitrary<FailedDelivery> = fc.record({
  phase: fc.constantFrom('deliver' as const, 'dead-letter' as const, 'store' as const),
  count: fc.nat(9),
  attempts: fc.constant([]),
  since: fc.nat(99),
  delayMs: fc.nat(99),
})
const change: fc.Arbitrary<CursorChange> = fc.record(
  {
    shared: fc.record({ offset: fc.nat(50), mark: fc.string(), partitions: fc.nat(5) }),
    triggers: fc
      .array(fc.tuple(trigger, fc.option(cursor, { nil: undefined })), { maxLength: 3 })
      .map((entries) => new Map(entries)),
    failures: fc.uniqueArray(
      fc.record({ trigger, offset: fc.nat(2), failure: fc.option(failure, { nil: undefined }) }),
      { maxLength: 3, selector: ({ trigger, offset }) => `${trigger}${offset}` },
    ),
  },
  { requiredKeys: [] },
)

const saves = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('save' as const), change }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('take over' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('look' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('compact' as const), seed }) },
  ),
  { maxLength: 40 },
)

t.test('without a stale owner, what is loaded is what was saved', async () => {
  const property = fc.asyncProperty(saves, seed, async (saves, seed) => {
    const random = seededRandom(seed)
    const log = new CursorLog()
    const expected = new MemoryCursors()
    let owner = log.open()
    const begin: CursorChange = { shared: { offset: 0, mark: '', partitions: 1 } }
    await owner.save(begin)
    await expected.save('demo/shop', 0, begin)
    for (const step of saves) {
      if (step.kind === 'save') {
        assert.equal((await owner.save(step.change)).contested, false)
        await expected.save('demo/shop', 0, step.change)
      } else if (step.kind === 'take over') {
        owner = log.open()
        const { shared, triggers, failures } = (await owner.load())!
        // As a dispatcher does: all of it, at once.
        const list = [...failures].flatMap(([trigger, ofTrigger]) =>
          [...ofTrigger].map(([offset, failure]) => ({ trigger, offset, failure })),
        )
        await owner.save({ shared, triggers, failures: list })
      } else if (step.kind === 'look') await owner.load()
      else log.compact(half(step.seed))
      for (let reader = 0; reader < READERS; reader++) {
        const loaded = await log
          .compacted(() => random() < 0.5)
          .open()
          .load()
        assert.deepEqual(loaded, await expected.load('demo/shop', 0))
      }
    }
  })
  await fc.assert(property, { numRuns: 200 })
})

/** Takes about every second record, the same ones for the same seed. */
function half(seed: number): () => boolean {
  const random = seededRandom(seed)
  return () => random() < 0.5
}
