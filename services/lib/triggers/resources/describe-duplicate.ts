import type { Readiness } from '../trigger.ts'
import type { Drafts } from './by-key.ts'
import type { Metadata } from './read-metadata.ts'
import type { ResourceDocument } from './resource-document.ts'

/** What it makes of a resource that several documents define it; `undefined` where one does. */
export function describeDuplicate(
  drafts: Drafts<{
    readonly kind: string
    readonly metadata: Metadata
    readonly document: ResourceDocument
  }>,
): (Readiness & { readonly ready: false }) | undefined {
  if (drafts.length === 1) return undefined
  const [{ kind, metadata }] = drafts
  const places = drafts.slice(0, 5).map(({ document }) => `${document.file}:${document.lineOf([])}`)
  return {
    ready: false,
    reason: 'DuplicateName',
    message: `${drafts.length} documents define the ${kind} ${metadata.key}: ${places.join(', ')}; keep one`,
  }
}
