import { FakeClock } from '../../../support/fake-clock.ts'
import type { GroupFixture } from './group-member.suite.ts'
import { MemoryCoordinator } from './memory-coordinator.ts'

const STEP_MS = 10
const PATIENCE_MS = 60_000
const PARTITIONS = 10

/** A coordinator in memory, and a clock that a test moves. */
export function memoryPlace() {
  const clock = new FakeClock(0)
  const coordinator = new MemoryCoordinator(clock)
  const topic = { partitions: PARTITIONS, isAway: false }
  const step = async () => {
    await new Promise(setImmediate)
    clock.advance(STEP_MS)
    await new Promise(setImmediate)
  }
  const place: GroupFixture = {
    topic: 'events',
    clock,
    partitions: PARTITIONS,
    now: () => clock.now(),
    connect: (clientId) => coordinator.connect(clientId),
    partitionCount: async () => {
      if (topic.isAway) throw new Error('nobody answers')
      return topic.partitions
    },
    until: async (what, condition) => {
      const deadline = clock.now() + PATIENCE_MS
      while (!condition()) {
        if (clock.now() > deadline) throw new Error(`never: ${what}`)
        await step()
      }
    },
    pass: async (ms) => {
      for (let passed = 0; passed < ms; passed += STEP_MS) await step()
    },
    grow: async (count) => {
      topic.partitions = count
    },
    breakDown: async () => {
      coordinator.goAway()
      return async () => coordinator.comeBack()
    },
    took: () => undefined,
  }
  return { clock, coordinator, topic, place }
}
