import type { SluiceProcess } from './sluice-process.ts'

/** What the tests look at of a dead letter. */
export interface DeadLetterView {
  readonly id: string
  readonly reason: string
  readonly error: string
  readonly status?: number
  readonly attempts: readonly { readonly error: string; readonly durationMs: number }[]
  readonly event: { readonly id: string; readonly type: string }
}

/** All stored dead letters of a Trigger, or of all Triggers, newest first. */
export async function deadLettersOf(
  sluice: SluiceProcess,
  trigger?: string,
): Promise<readonly DeadLetterView[]> {
  const found: DeadLetterView[] = []
  let path: string | null = `/dead-letters?limit=1000${trigger ? `&trigger=${trigger}` : ''}`
  while (path !== null) {
    const page = (await (await sluice.get(path)).json()) as {
      deadLetters: readonly DeadLetterView[]
      next: string | null
    }
    found.push(...page.deadLetters)
    path = page.next
  }
  return found
}
