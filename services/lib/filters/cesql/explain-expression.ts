import { castTo } from './cast.ts'
import { compileExpression, type Result } from './compile-expression.ts'
import { type Node, operandsOf } from './node.ts'
import type { Attributes, Value } from './value.ts'

/** Longer parts of an expression are cut when they are shown. */
const SHOWN = 200

/** Why something came out as it did: a part, its value, and those of its parts that decided it. */
export interface Explanation {
  /** The part as it is written, cut where it is long. */
  readonly clause: string
  /** `undefined` is an attribute that the event does not have. */
  readonly value: Value | undefined
  /** What went wrong in this part itself. */
  readonly errors: readonly string[]
  /** What made it so; empty where there is nothing to say beyond the value. */
  readonly because: readonly Explanation[]
}

/**
 * Says which parts of an expression decided its value. Every part is evaluated anew, by itself, so
 * that an evaluation which nobody asks about costs nothing more.
 *
 * @param text what `root` was read from
 */
export function explainExpression(text: string, root: Node, attributes: Attributes): Explanation {
  return explain(text, root, compileExpression(root)(attributes), attributes)
}

function explain(text: string, node: Node, result: Result, attributes: Attributes): Explanation {
  const parts = evaluated(node, attributes)
  const failed = parts.filter((part) => part.result.errors.length > 0)
  const deciding =
    failed.length > 0 ? failed : isDecidedByLast(node, result) ? parts.slice(-1) : parts
  const written = text.slice(node.start, node.end)
  return {
    clause: written.length > SHOWN ? `${written.slice(0, SHOWN)}…` : written,
    value: node.kind === 'attribute' ? attributes.get(node.name) : result.value,
    errors: failed.length > 0 ? [] : result.errors.map(({ message }) => message),
    because: deciding
      .filter(({ operand }) => operand.kind !== 'literal')
      .map((part) => explain(text, part.operand, part.result, attributes)),
  }
}

interface Part {
  readonly operand: Node
  readonly result: Result
}

/** The operands that count, in their order: AND and OR may have skipped the right one. */
function evaluated(node: Node, attributes: Attributes): readonly Part[] {
  const parts = operandsOf(node).map((operand) => ({
    operand,
    result: compileExpression(operand)(attributes),
  }))
  if (node.kind !== 'logic' || node.operator === 'XOR') return parts
  const left = parts[0]?.result
  const isTrue = left?.errors.length === 0 && castTo('Boolean', left.value) === true
  return isTrue === (node.operator === 'OR') ? parts.slice(0, 1) : parts
}

/** One false operand makes an AND false, and one true operand an OR true. */
function isDecidedByLast(node: Node, { value }: Result): boolean {
  return node.kind === 'logic' && value === (node.operator === 'OR') && node.operator !== 'XOR'
}
