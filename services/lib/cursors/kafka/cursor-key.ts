/** What a record of the cursor topic is about. */
export type CursorKey =
  | { readonly kind: 'shared'; readonly partition: number }
  | { readonly kind: 'trigger'; readonly partition: number; readonly trigger: string }
  | {
      readonly kind: 'failure'
      readonly partition: number
      readonly offset: number
      readonly trigger: string
    }

const KEY = /^(?:s:(\d+)|t:(\d+):(.*)|f:(\d+):(\d+):(.*))$/s

/** The record key. Names stand last: they may hold anything. */
export function writeKey(key: CursorKey): string {
  if (key.kind === 'shared') return `s:${key.partition}`
  if (key.kind === 'trigger') return `t:${key.partition}:${key.trigger}`
  return `f:${key.partition}:${key.offset}:${key.trigger}`
}

/** What {@link writeKey} wrote; `undefined` for anything else. */
export function readKey(text: string): CursorKey | undefined {
  const [, shared, ofTrigger, trigger, ofFailure, offset, failed] = KEY.exec(text) ?? []
  if (shared !== undefined) return { kind: 'shared', partition: Number(shared) }
  if (trigger !== undefined) return { kind: 'trigger', partition: Number(ofTrigger), trigger }
  if (failed === undefined) return undefined
  return {
    kind: 'failure',
    partition: Number(ofFailure),
    offset: Number(offset),
    trigger: failed,
  }
}
