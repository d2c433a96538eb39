import { invalidJson } from './invalid-json.ts'
import { skipJsonSpace } from './skip-json-space.ts'

/** Throws the Problem `event-invalid` where anything but white space follows from `end` on. */
export function expectJsonEnd(json: Uint8Array, end: number): void {
  const rest = skipJsonSpace(json, end)
  if (rest < json.length) throw invalidJson(rest)
}
