const MAX_LENGTH = 60

/** Text of a request as a message may show it: quoted, escaped, at most 60 characters of it. */
export function quote(text: string): string {
  return text.length > MAX_LENGTH
    ? `${JSON.stringify(text.slice(0, MAX_LENGTH))}…`
    : JSON.stringify(text)
}
