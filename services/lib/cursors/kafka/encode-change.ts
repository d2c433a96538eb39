import type { CursorChange, SharedCursor } from '../cursors.ts'
import { type EncodedTrigger, encodeTrigger } from './cursor-values.ts'

/** A change as it was when it was saved, whatever becomes of its parts later. */
export interface EncodedChange {
  readonly shared: SharedCursor | undefined
  /** `undefined` removes the Trigger. */
  readonly triggers: readonly (readonly [trigger: string, encoded: EncodedTrigger | undefined])[]
  readonly failures: readonly {
    readonly trigger: string
    readonly offset: number
    /** JSON; `null` removes the failure. */
    readonly text: string | null
  }[]
}

/** @throws RangeError when open offsets do not rise. */
export function encodeChange({ shared, triggers, failures = [] }: CursorChange): EncodedChange {
  return {
    shared: shared && { ...shared },
    triggers: [...(triggers ?? [])].map(([trigger, cursor]) => [
      trigger,
      cursor && encodeTrigger(cursor),
    ]),
    failures: failures.map(({ trigger, offset, failure }) => ({
      trigger,
      offset,
      text: failure === undefined ? null : JSON.stringify(failure),
    })),
  }
}
