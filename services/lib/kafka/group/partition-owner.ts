/** Whoever is to have a member's share of a topic's partitions. Its calls come one after the other. */
export interface PartitionOwner {
  /** These are now yours, in addition. A rejection means that none of them was taken: they come again. */
  assigned(partitions: readonly number[]): Promise<void>
  /** These are taken away. They pass on when this has ended, or when the group's patience has. */
  revoked(partitions: readonly number[]): Promise<void>
}
