import type { NewRecord } from './event-log.ts'

/**
 * Checks what the type of a new record cannot say.
 * @throws RangeError when `hops` is not between 0 and 255.
 */
export function checkRecords(records: readonly NewRecord[]): void {
  for (const { hops } of records) {
    if (hops < 0 || hops > 255 || !Number.isInteger(hops)) {
      throw new RangeError(`Cannot append an event: hops is ${hops}, not between 0 and 255`)
    }
  }
}
