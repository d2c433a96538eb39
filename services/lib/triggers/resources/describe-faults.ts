import type { Readiness } from '../trigger.ts'
import { formatPath } from './format-path.ts'
import type { Fault } from './place.ts'
import type { ResourceDocument } from './resource-document.ts'

/** So many are named; of the others, only how many there are. */
const NAMED = 5

/** What a document's faults make of its resource; `undefined` where there are none. */
export function describeFaults(draft: {
  readonly document: ResourceDocument
  readonly faults: readonly Fault[]
}): (Readiness & { readonly ready: false }) | undefined {
  const { document, faults } = draft
  const [first] = faults
  if (first === undefined) return undefined
  const worst = faults.find((fault) => fault.reason === 'Invalid') ?? first
  const named = faults.slice(0, NAMED).map((fault) => {
    const at = formatPath(fault.shownPath ?? fault.path)
    return `${document.file}:${document.lineOf(fault.path)}: ${at === '' ? '' : `${at} `}${fault.message}`
  })
  const others = faults.length - named.length
  const message = named.join('; ') + (others > 0 ? `; and ${others} more` : '')
  return { ready: false, reason: worst.reason, message }
}
