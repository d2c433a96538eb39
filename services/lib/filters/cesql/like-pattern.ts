import { codePointsOf } from './characters.ts'

/** Stands for any one character. */
const ANY = -1

/** Texts between two `%`, as characters or `ANY`. */
type Segment = readonly number[]

/** Below so many comparisons at worst, the engine's own search is used. */
const FEW = 65_536

/** What is asked before work that grows with text and pattern; false ends it. */
export interface Budget {
  spend(steps: number): boolean
}

/**
 * The pattern of a LIKE: `%` for any characters, `_` for any one, both literal behind a backslash;
 * any other character for itself, backslashes included (CESQL 1.0.0, section 3.4.3).
 *
 * The texts between two `%` are looked for one after the other, each as far left as it goes, which
 * never needs to go back: at most length of the text times length of the pattern.
 */
export class LikePattern {
  readonly #segments: readonly Segment[]
  /** The segments as texts, where no `_` is in any. */
  readonly #texts: readonly string[] | undefined
  readonly #length: number

  constructor(pattern: string) {
    this.#segments = readSegments(pattern)
    const hasAny = this.#segments.some((segment) => segment.includes(ANY))
    this.#texts = hasAny ? undefined : this.#segments.map(textOf)
    this.#length = pattern.length
  }

  /** Whether the whole text matches; `undefined` where the budget did not suffice to know. */
  matches(text: string, budget: Budget): boolean | undefined {
    const texts = this.#texts
    if (texts !== undefined && (texts.length <= 2 || text.length * this.#length <= FEW)) {
      return matchTexts(texts, text)
    }
    if (!budget.spend(text.length)) return undefined
    return matchSegments(this.#segments, codePointsOf(text), budget)
  }
}

/** At least one; the first and the last are bound to the ends of the text. */
function readSegments(pattern: string): readonly Segment[] {
  const segments: number[][] = []
  let segment: number[] = []
  const characters = Array.from(pattern)
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    const next = characters[at + 1]
    if (character === '%') {
      segments.push(segment)
      segment = []
    } else if (character === '_') segment.push(ANY)
    else if (character === '\\' && (next === '%' || next === '_')) {
      segment.push(next.charCodeAt(0))
      at++
    } else segment.push(character.codePointAt(0) ?? 0)
  }
  segments.push(segment)
  const last = segments.length - 1
  return segments.filter((each, at) => at === 0 || at === last || each.length > 0)
}

function textOf(segment: Segment): string {
  return segment.map((point) => String.fromCodePoint(point)).join('')
}

function matchTexts(texts: readonly string[], text: string): boolean {
  const first = texts[0] ?? ''
  if (texts.length === 1) return text === first
  const last = texts.at(-1) ?? ''
  const end = text.length - last.length
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false
  let from = first.length
  for (let i = 1; i < texts.length - 1; i++) {
    const part = texts[i] ?? ''
    const at = text.indexOf(part, from)
    if (at < 0 || at + part.length > end) return false
    from = at + part.length
  }
  return true
}

function matchSegments(
  segments: readonly Segment[],
  text: readonly number[],
  budget: Budget,
): boolean | undefined {
  const first = segments[0] ?? []
  const last = segments.at(-1) ?? []
  const end = text.length - last.length
  if (segments.length === 1) return end === 0 && lengthOfMatch(first, text, 0) === first.length
  if (end < first.length || lengthOfMatch(first, text, 0) < first.length) return false
  if (lengthOfMatch(last, text, end) < last.length) return false
  let from = first.length
  for (let i = 1; i < segments.length - 1; i++) {
    const segment = segments[i] ?? []
    for (;;) {
      if (from + segment.length > end) return false
      const length = lengthOfMatch(segment, text, from)
      if (!budget.spend(length + 1)) return undefined
      if (length === segment.length) break
      from++
    }
    from += segment.length
  }
  return true
}

/** How many characters of the segment the text has from `at` on. */
function lengthOfMatch(segment: Segment, text: readonly number[], at: number): number {
  let length = 0
  while (length < segment.length) {
    const wanted = segment[length]
    if (wanted !== ANY && wanted !== text[at + length]) break
    length++
  }
  return length
}
