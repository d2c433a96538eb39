const SHOWN = 40

/** A text in quotes, cut where it is long, for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
}
