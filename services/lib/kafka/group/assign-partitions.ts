/** A member, and the partitions that it has not given back. */
export interface Claimant {
  readonly memberId: string
  readonly owned: readonly number[]
}

/**
 * What each member gets now of the partitions 0 to `count` - 1. In the end every member has as many
 * as any other, or one more; as few as possible change hands; and the same members always get the
 * same. What one is to get and another still owns, neither gets: the owner is to give it back and
 * to join again without it, and then it is free. So no partition ever has two members.
 */
export function assignPartitions(
  members: readonly Claimant[],
  count: number,
): ReadonlyMap<string, readonly number[]> {
  const owners = ownersOf(members, count)
  const shares = members
    .map(({ memberId }) => ({ memberId, partitions: owners.ownedBy(memberId), size: 0 }))
    .toSorted((a, b) => b.partitions.length - a.partitions.length || compare(a, b))
  const kept = new Set<number>()
  for (const [rank, share] of shares.entries()) {
    // Those who have most get the larger shares, so that they give back less.
    share.size = Math.floor(count / shares.length) + (rank < count % shares.length ? 1 : 0)
    share.partitions = share.partitions.slice(0, share.size)
    for (const partition of share.partitions) kept.add(partition)
  }
  const free = Array.from({ length: count }, (_, id) => id).filter((id) => !kept.has(id))
  for (const { partitions, size } of shares) {
    partitions.push(...free.splice(0, size - partitions.length))
  }
  return new Map(
    shares.map(({ memberId, partitions }) => [
      memberId,
      partitions.filter((partition) => owners.isFor(memberId, partition)).toSorted(ascending),
    ]),
  )
}

function ownersOf(members: readonly Claimant[], count: number) {
  const owners = new Map<number, string>()
  for (const { memberId, owned } of members.toSorted(compare)) {
    for (const partition of owned) {
      if (partition < count && !owners.has(partition)) owners.set(partition, memberId)
    }
  }
  return {
    ownedBy: (memberId: string): number[] =>
      [...owners]
        .filter(([, owner]) => owner === memberId)
        .map(([partition]) => partition)
        .toSorted(ascending),
    isFor: (memberId: string, partition: number): boolean =>
      (owners.get(partition) ?? memberId) === memberId,
  }
}

function compare(a: { readonly memberId: string }, b: { readonly memberId: string }): number {
  return a.memberId < b.memberId ? -1 : 1
}

function ascending(a: number, b: number): number {
  return a - b
}
