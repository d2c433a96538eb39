import { quote } from './quote.ts'
import { Refused } from './refusal.ts'
import type { Token } from './tokenize.ts'

const KEYWORDS = new Set(['AND', 'OR', 'XOR', 'NOT', 'LIKE', 'EXISTS', 'IN', 'TRUE', 'FALSE'])

/** Goes through tokens once, from the first to the last, the end. */
export class TokenReader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get token(): Token {
    return this.#tokens[this.#at] as Token
  }

  get next(): Token | undefined {
    return this.#tokens[this.#at + 1]
  }

  /** The token as a keyword, which may be written in any case. */
  get keyword(): string | undefined {
    const { kind, text } = this.token
    if (kind !== 'word') return undefined
    const upper = text.toUpperCase()
    return KEYWORDS.has(upper) ? upper : undefined
  }

  get symbol(): string | undefined {
    const { kind, text } = this.token
    return kind === 'symbol' ? text : undefined
  }

  /** Takes the token, whatever it is. */
  take(): Token {
    const { token } = this
    this.#at++
    return token
  }

  takeKeyword(keyword: string): boolean {
    if (this.keyword !== keyword) return false
    this.#at++
    return true
  }

  /** @throws Refused where the token is not this symbol */
  takeSymbol(symbol: string, expected: string): Token {
    if (this.symbol !== symbol) this.refuse(expected)
    return this.take()
  }

  /** @throws Refused for the token, always */
  refuse(expected: string): never {
    const { kind, text, start } = this.token
    if (kind === 'unclosed') {
      throw new Refused(start, 'a string without an end', `a closing ${text}`)
    }
    if (kind === 'end') throw new Refused(start, 'the end', expected)
    throw new Refused(
      start,
      kind === 'string' ? `the string ${quote(text)}` : quote(text),
      expected,
    )
  }
}
