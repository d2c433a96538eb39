import t from 'tap'
import { seededRandom } from '../../../support/seeded-random.ts'
import { Chaos } from './chaos.ts'
import { GroupWorld } from './group-world.ts'
import { memoryPlace } from './memory-place.ts'

const SEEDS = 30
const STEPS = 60

for (let seed = 1; seed <= SEEDS; seed++) {
  t.test(
    `whatever happens, no partition has two members, and each has one in the end (${seed})`,
    async (t) => {
      const memory = memoryPlace()
      const random = seededRandom(seed)
      const world = new GroupWorld(memory.place)
      const chaos = new Chaos(world, memory, random)

      for (let step = 0; step < STEPS; step++) {
        chaos.step()
        for (let passed = 0; passed < 1500 * random(); passed += 10) {
          await memory.place.pass(10)
          world.check()
        }
      }
      chaos.mend()
      const living = world.members.filter((member) => !chaos.hasGone(member))
      await world.settled(living, memory.topic.partitions)

      t.same(world.faults, [])
      t.ok(living.length > 0)
      await world.close()
      // Those that nobody could say good-bye to.
      await memory.place.pass(15_000)
      t.equal(memory.coordinator.members.size, 0, 'none is left in the group')
      t.equal(memory.clock.pending, 0, 'no timer is left')
    },
  )
}
