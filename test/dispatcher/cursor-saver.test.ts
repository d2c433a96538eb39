import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import t from 'tap'
import type {
  CursorChange,
  Cursors,
  FailedDelivery,
  Saved,
  TriggerCursor,
} from '#cursors/cursors.ts'
import { MemoryCursors } from '#cursors/memory/memory-cursors.ts'
import { type CursorHolder, CursorSaver } from '../../services/dispatcher/cursor-saver.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** Cursors whose saves end when the test says so, or at once. */
class HandCursors implements Cursors {
  readonly changes: CursorChange[] = []
  readonly memory = new MemoryCursors()
  isBroken = false
  isContested = false
  isHeld = false
  inFlight = 0
  mostInFlight = 0
  #release: () => void = () => {}

  load(broker: string, partition: number) {
    return this.memory.load(broker, partition)
  }

  async save(broker: string, partition: number, change: CursorChange): Promise<Saved> {
    this.changes.push(change)
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight)
    if (this.isHeld) await new Promise<void>((resolve) => (this.#release = resolve))
    this.inFlight--
    if (this.isBroken) throw new Error('disk full')
    await this.memory.save(broker, partition, change)
    return { contested: this.isContested }
  }

  async close(): Promise<void> {}

  letGo(): void {
    this.#release()
  }
}

function world() {
  const clock = new FakeClock()
  const cursors = new HandCursors()
  const contests = { onContest: () => {} }
  const saver = new CursorSaver({
    broker: 'b',
    partition: 0,
    cursors,
    clock,
    logger: pino({ level: 'silent' }),
    contested: () => contests.onContest(),
  })
  return { clock, cursors, saver, contests, load: () => cursors.load('b', 0) }
}

function aHolder(
  key: string,
  next: number | undefined = undefined,
): CursorHolder & { next: number | undefined } {
  const holder = {
    key,
    next,
    cursor: (): TriggerCursor => ({ next: holder.next, open: [], specs: [] }),
  }
  return holder
}

const failure: FailedDelivery = { phase: 'deliver', count: 1, attempts: [], since: 0, delayMs: 1 }

t.test('everything that changes within 50 ms is one save, with its last state', async (t) => {
  const { clock, cursors, saver, load } = world()
  const a = aHolder('a')
  for (let offset = 1; offset <= 100; offset++) {
    saver.shared({ offset, mark: 'm', partitions: 1 })
    a.next = offset
    saver.changed(a)
  }
  clock.advance(49)
  t.equal(cursors.changes.length, 0)
  clock.advance(1)
  await turn()
  t.equal(cursors.changes.length, 1)
  t.equal((await load())?.shared.offset, 100)
  t.equal((await load())?.triggers.get('a')?.next, 100)
  clock.advance(1000)
  await turn()
  t.equal(cursors.changes.length, 1, 'nothing changed since')
})

t.test('one save is in flight at a time, even while another is asked for', async (t) => {
  const { clock, cursors, saver, load } = world()
  cursors.isHeld = true
  saver.shared({ offset: 1, mark: 'm', partitions: 1 })
  clock.advance(50)
  await turn()
  saver.shared({ offset: 2, mark: 'm', partitions: 1 })
  const failed = saver.failed('a', 1, failure)
  clock.advance(50)
  let isFlushed = false
  const flushed = saver.flush().then(() => {
    isFlushed = true
  })
  cursors.letGo()
  await turn()
  saver.shared({ offset: 3, mark: 'm', partitions: 1 })
  clock.advance(50)
  await turn()
  t.equal(isFlushed, false, 'what it waits for is still being saved')
  cursors.isHeld = false
  cursors.letGo()
  await Promise.all([failed, flushed])
  t.equal(cursors.mostInFlight, 1)
  t.ok(((await load())?.shared.offset ?? 0) >= 2)
  await saver.close()
  t.equal((await load())?.shared.offset, 3)
})

t.test('a failure is saved at once, with those of the same moment, and nothing else', async (t) => {
  const { clock, cursors, saver, load } = world()
  saver.shared({ offset: 1, mark: 'm', partitions: 1 })
  saver.changed(aHolder('a'))
  clock.advance(50)
  await turn()
  cursors.changes.length = 0

  await Promise.all([saver.failed('a', 1, failure), saver.failed('a', 2, failure)])

  t.equal(cursors.changes.length, 1)
  t.equal(cursors.changes[0]?.triggers, undefined, 'the cursor has not changed')
  t.same([...((await load())?.failures.get('a')?.keys() ?? [])], [1, 2])
})

t.test(
  'what cannot be saved is kept, tried again after a second, and newer states win',
  async (t) => {
    const { clock, cursors, saver, load } = world()
    cursors.isBroken = true
    saver.shared({ offset: 1, mark: 'm', partitions: 1 })
    saver.changed(aHolder('a', 1))
    await saver.failed('a', 5, failure)
    await saver.failed('a', 6, failure)
    t.equal(saver.fault, 'disk full')
    saver.shared({ offset: 2, mark: 'm', partitions: 1 })
    saver.ended(aHolder('a', 2), 5, true)
    cursors.changes.length = 0
    clock.advance(999)
    await turn()
    t.equal(cursors.changes.length, 0)

    cursors.isBroken = false
    clock.advance(1)
    await turn()
    t.equal(saver.fault, undefined)
    const saved = await load()
    t.equal(saved?.shared.offset, 2)
    t.equal(saved?.triggers.get('a')?.next, 2)
    t.same([...(saved?.failures.get('a')?.keys() ?? [])], [6])
  },
)

t.test('a save that fails does not bring back whom another one has replaced', async (t) => {
  const { clock, cursors, saver, load } = world()
  cursors.isHeld = true
  cursors.isBroken = true
  saver.shared({ offset: 1, mark: 'm', partitions: 1 })
  saver.changed(aHolder('a', 1))
  saver.changed(aHolder('gone', 1))
  clock.advance(50)
  await turn()
  saver.changed(aHolder('a', 2))
  saver.removed('gone', [])
  cursors.isHeld = false
  cursors.letGo()
  await turn()
  cursors.isBroken = false
  await saver.flush()
  const saved = await load()
  t.equal(saved?.triggers.get('a')?.next, 2)
  t.notOk(saved?.triggers.has('gone'))
})

t.test('who is removed stays removed, unless it comes back', async (t) => {
  const { saver, load } = world()
  saver.shared({ offset: 1, mark: 'm', partitions: 1 })
  saver.changed(aHolder('a'))
  saver.changed(aHolder('b'))
  await saver.failed('a', 7, failure)
  saver.changed(aHolder('a'))
  saver.removed('a', [7])
  saver.removed('b', [])
  saver.changed(aHolder('b', 3))
  await saver.flush()
  const saved = await load()
  t.same([...(saved?.triggers.keys() ?? [])], ['b'])
  t.equal(saved?.failures.size, 0)
})

t.test('a closed saver saves the rest and leaves no timer behind', async (t) => {
  const { clock, cursors, saver, load } = world()
  saver.shared({ offset: 1, mark: 'm', partitions: 1 })
  await saver.close()
  t.equal((await load())?.shared.offset, 1)

  const broken = world()
  broken.cursors.isBroken = true
  broken.saver.shared({ offset: 1, mark: 'm', partitions: 1 })
  broken.clock.advance(50)
  await turn()
  await broken.saver.close()
  t.equal(broken.clock.pending, 0, 'nothing is tried after the storage may be closed')
  t.equal(clock.pending + cursors.inFlight, 0)
})

t.test(
  'saves fall due when the clock shows a multiple of 50 ms, whenever the change came',
  async (t) => {
    const { clock, cursors, saver } = world()
    clock.advance(30)
    saver.shared({ offset: 1, mark: 'm', partitions: 1 })
    clock.advance(19)
    t.equal(cursors.changes.length, 0)
    clock.advance(1)
    t.equal(cursors.changes.length, 1)
    await turn()
    clock.advance(45)
    saver.shared({ offset: 2, mark: 'm', partitions: 1 })
    clock.advance(5)
    t.equal(cursors.changes.length, 2)
  },
)

t.test('a contested save calls for everything, and the answer for nothing more', async (t) => {
  const { clock, cursors, saver, contests, load } = world()
  let answers = 0
  contests.onContest = () => {
    answers++
    saver.shared({ offset: 1, mark: 'm', partitions: 1 })
    saver.changed(aHolder('quiet', 7))
    saver.remember('quiet', [[3, failure]])
  }
  cursors.isContested = true
  saver.shared({ offset: 1, mark: 'm', partitions: 1 })
  clock.advance(50)
  await turn()
  cursors.isContested = false
  clock.advance(50)
  await turn()

  t.equal(answers, 1)
  t.equal(cursors.changes.length, 2)
  t.equal((await load())?.triggers.get('quiet')?.next, 7)
  t.same([...((await load())?.failures.get('quiet')?.keys() ?? [])], [3])
  clock.advance(1000)
  await turn()
  t.equal(cursors.changes.length, 2)
})

t.test('a contest is answered even by the last save', async (t) => {
  const { cursors, saver, contests, load } = world()
  contests.onContest = () => {
    cursors.isContested = false
    saver.changed(aHolder('quiet', 7))
  }
  cursors.isContested = true
  saver.shared({ offset: 1, mark: 'm', partitions: 1 })

  await saver.close()

  t.equal((await load())?.triggers.get('quiet')?.next, 7)
})

t.test('what comes after the end is not saved, and waits for nothing', async (t) => {
  const { clock, cursors, saver } = world()
  saver.shared({ offset: 1, mark: 'm', partitions: 1 })
  await saver.close()
  cursors.changes.length = 0

  saver.ended(aHolder('a'), 1, true)
  await saver.failed('a', 2, failure)
  await turn()

  t.equal(clock.pending, 0)
  t.same(cursors.changes, [])
})

t.test('what is discarded is not saved, and nobody waits for it', async (t) => {
  const { clock, cursors, saver, load } = world()
  cursors.isHeld = true
  saver.shared({ offset: 1, mark: 'm', partitions: 1 })
  clock.advance(50)
  saver.shared({ offset: 2, mark: 'm', partitions: 1 })
  const failed = saver.failed('a', 1, failure)

  const discarded = saver.discard()
  cursors.isHeld = false
  cursors.letGo()
  await Promise.all([discarded, failed])
  await turn()

  t.equal((await load())?.shared.offset, 1, 'the save that was under way')
  t.equal(cursors.changes.length, 1)
  t.equal(clock.pending, 0)
})
