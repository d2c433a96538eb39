import t from 'tap'
import { assignPartitions } from '#kafka/group/assign-partitions.ts'
import { seededRandom } from '../../../support/seeded-random.ts'

type Owned = Readonly<Record<string, readonly number[]>>

const TABLE: readonly { name: string; count: number; owned: Owned; gets: Owned }[] = [
  { name: 'nobody', count: 3, owned: {}, gets: {} },
  { name: 'the first member gets all', count: 3, owned: { a: [] }, gets: { a: [0, 1, 2] } },
  { name: 'no partitions', count: 0, owned: { a: [], b: [] }, gets: { a: [], b: [] } },
  {
    name: 'all at once, what does not divide evenly goes to the first',
    count: 5,
    owned: { a: [], b: [], c: [] },
    gets: { a: [0, 1], b: [2, 3], c: [4] },
  },
  {
    name: 'the order of the members does not matter',
    count: 5,
    owned: { c: [], a: [], b: [] },
    gets: { a: [0, 1], b: [2, 3], c: [4] },
  },
  {
    name: 'a second member gets nothing before the first has given back',
    count: 4,
    owned: { a: [0, 1, 2, 3], b: [] },
    gets: { a: [0, 1], b: [] },
  },
  {
    name: 'and its share afterwards',
    count: 4,
    owned: { a: [0, 1], b: [] },
    gets: { a: [0, 1], b: [2, 3] },
  },
  {
    name: 'what is free is had at once, what is owned later',
    count: 6,
    owned: { a: [0, 1, 2, 3], b: [] },
    gets: { a: [0, 1, 2], b: [4, 5] },
  },
  {
    name: 'the share of a member that is gone goes to those that have less',
    count: 6,
    owned: { a: [0, 1], b: [2, 3] },
    gets: { a: [0, 1, 4], b: [2, 3, 5] },
  },
  {
    name: 'whoever has more keeps the larger share',
    count: 5,
    owned: { a: [0, 1], b: [2, 3, 4] },
    gets: { a: [0, 1], b: [2, 3, 4] },
  },
  {
    name: 'a third member gets from both',
    count: 6,
    owned: { a: [0, 1, 2], b: [3, 4, 5], c: [] },
    gets: { a: [0, 1], b: [3, 4], c: [] },
  },
  {
    name: 'added partitions go to those that have less',
    count: 6,
    owned: { a: [0, 1], b: [2, 3] },
    gets: { a: [0, 1, 4], b: [2, 3, 5] },
  },
  {
    name: 'partitions that are gone are nobody’s',
    count: 2,
    owned: { a: [0, 2], b: [1, 3] },
    gets: { a: [0], b: [1] },
  },
  {
    name: 'more members than partitions',
    count: 2,
    owned: { a: [0], b: [], c: [1] },
    gets: { a: [0], b: [], c: [1] },
  },
  {
    name: 'what two members claim stays with one, and the other gives it back',
    count: 4,
    owned: { a: [0, 1], b: [1, 2] },
    gets: { a: [0, 1], b: [2, 3] },
  },
]

for (const { name, count, owned, gets } of TABLE) {
  t.test(`assignPartitions(): ${name}`, (t) => {
    t.same(assign(owned, count), gets)
    t.end()
  })
}

t.test('assignPartitions() is fair, moves as little as can be, and comes to rest', (t) => {
  const random = seededRandom(7)
  const below = (limit: number) => Math.floor(random() * limit)
  for (let round = 0; round < 2000; round++) {
    const count = below(40)
    const names = Array.from({ length: 1 + below(7) }, (_, index) => `m${index}`)
    const owned = Object.fromEntries(names.map((name) => [name, [] as number[]]))
    for (let partition = 0; partition < count; partition++) {
      const owner = names[below(names.length + 1)]
      if (owner !== undefined) owned[owner]?.push(partition)
    }

    const first = assign(owned, count)
    const second = assign(first, count)
    const third = assign(second, count)

    const problem = problemOf(owned, first, second, third, count)
    if (problem !== undefined)
      t.fail(`${problem}: ${JSON.stringify({ count, owned, first, second })}`)
  }
  t.pass('2000 groups')
  t.end()
})

function problemOf(
  owned: Owned,
  first: Owned,
  second: Owned,
  third: Owned,
  count: number,
): string | undefined {
  const names = Object.keys(owned)
  for (const name of names) {
    const others = names.filter((other) => other !== name).flatMap((other) => owned[other] ?? [])
    if (first[name]?.some((id) => others.includes(id))) return 'given while another owns it'
  }
  const all = Object.values(second).flat()
  if (all.length !== count || new Set(all).size !== count) return 'not each exactly once'
  const sizes = Object.values(second).map(({ length }) => length)
  if (Math.max(...sizes) - Math.min(...sizes) > 1) return 'not fair'
  const moved = names.flatMap((name) => owned[name]?.filter((id) => !second[name]?.includes(id)))
  if (moved.length !== fewestMoves(owned, count)) return `moved ${moved.length}`
  return JSON.stringify(second) === JSON.stringify(third) ? undefined : 'does not come to rest'
}

/** What lies above the fair shares has to move, and nothing else. */
function fewestMoves(owned: Owned, count: number): number {
  const sizes = Object.values(owned).map(({ length }) => length)
  const small = Math.floor(count / sizes.length)
  const larger = count % sizes.length
  return sizes
    .toSorted((a, b) => b - a)
    .map((size, rank) => Math.max(0, size - small - (rank < larger ? 1 : 0)))
    .reduce((sum, moves) => sum + moves, 0)
}

function assign(owned: Owned, count: number): Owned {
  const members = Object.entries(owned).map(([memberId, ids]) => ({ memberId, owned: ids }))
  const shares = assignPartitions(members, count)
  return Object.fromEntries(Object.keys(owned).map((name) => [name, shares.get(name) ?? []]))
}
