import { arithmetic, negate } from './arithmetic.ts'
import { attribute, exists } from './attribute.ts'
import { call } from './call.ts'
import type { CesqlError } from './cesql-error.ts'
import { equality, order } from './comparison.ts'
import { type Evaluate, Evaluation } from './evaluation.ts'
import { like } from './like.ts'
import { and, not, or, xor } from './logic.ts'
import { literalMembership, membership } from './membership.ts'
import type { Node } from './node.ts'
import type { Attributes, Value } from './value.ts'

/** What an expression is for an event: always a value, and what went wrong on the way. */
export interface Result {
  readonly value: Value
  /** In the order they occurred; empty where all went well. */
  readonly errors: readonly CesqlError[]
}

/**
 * An expression as a function of an event's attributes, which all of it is evaluated for
 * ("complete evaluation mode", CESQL 1.0.0, section 4.1), save for what AND and OR skip.
 */
export function compileExpression(root: Node): (attributes: Attributes) => Result {
  const evaluate = compile(root)
  return (attributes) => {
    const evaluation = new Evaluation(attributes)
    return { value: evaluate(evaluation), errors: evaluation.errors }
  }
}

function compile(node: Node): Evaluate {
  switch (node.kind) {
    case 'literal': {
      const { value } = node
      return () => value
    }
    case 'attribute':
      return attribute(node.name)
    case 'exists':
      return exists(node.name)
    case 'not':
      return not(compile(node.operand))
    case 'negate':
      return negate(compile(node.operand))
    case 'like':
      return like(compile(node.operand), node.pattern, node.isNegated)
    case 'in':
      return compileMembership(compile(node.operand), node.elements, node.isNegated)
    case 'call':
      return call(node.name, node.operands.map(compile))
    default:
      return compileBinary(node, compile(node.left), compile(node.right))
  }
}

function compileMembership(
  operand: Evaluate,
  elements: readonly Node[],
  isNegated: boolean,
): Evaluate {
  const literals = elements.flatMap((element) => (element.kind === 'literal' ? element.value : []))
  if (literals.length < elements.length)
    return membership(operand, elements.map(compile), isNegated)
  return literalMembership(operand, literals, isNegated)
}

function compileBinary(
  node: Extract<Node, { readonly operator: string }>,
  left: Evaluate,
  right: Evaluate,
): Evaluate {
  switch (node.operator) {
    case 'AND':
      return and(left, right)
    case 'OR':
      return or(left, right)
    case 'XOR':
      return xor(left, right)
    case '=':
    case '!=':
      return equality(left, right, node.operator === '=')
    case '<':
    case '<=':
    case '>':
    case '>=':
      return order(node.operator, left, right)
    default:
      return arithmetic(node.operator, left, right)
  }
}
