import type { Metadata } from './read-metadata.ts'

/** All that go by one name: more than one is a fault. */
export type Drafts<T> = readonly [T, ...T[]]

/** Drafts by `<namespace>/<name>`, in their order. */
export function byKey<T extends { readonly metadata: Metadata }>(
  drafts: readonly T[],
): ReadonlyMap<string, Drafts<T>> {
  const groups = new Map<string, [T, ...T[]]>()
  for (const draft of drafts) {
    const group = groups.get(draft.metadata.key)
    if (group === undefined) groups.set(draft.metadata.key, [draft])
    else group.push(draft)
  }
  return groups
}
