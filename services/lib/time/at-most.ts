import type { Clock } from './clock.ts'

/**
 * Resolves when `promise` does, or after so many milliseconds: it goes on by itself then.
 * @throws what `promise` is rejected with in time
 */
export async function atMost(
  ms: number,
  promise: Promise<unknown>,
  clock: Pick<Clock, 'after'>,
): Promise<void> {
  const late = Promise.withResolvers<void>()
  const cancel = clock.after(ms, late.resolve)
  await Promise.race([promise, late.promise]).finally(cancel)
}
