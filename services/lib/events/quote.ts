import { printable } from './printable.ts'

const MAX_LENGTH = 60

/** Text of a request as a message may show it: in quotes, printable, at most 60 characters of it. */
export function quote(text: string): string {
  const quoted = printable(JSON.stringify(text.slice(0, MAX_LENGTH)))
  return text.length > MAX_LENGTH ? `${quoted}...` : quoted
}
