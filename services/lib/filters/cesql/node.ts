import type { Value } from './value.ts'

/** Which part of the expression's text a node is, parentheses around it included. */
interface Extent {
  readonly start: number
  readonly end: number
  /** Of the tree below it: 1 for a node without operands. */
  readonly height: number
}

export type LogicOperator = 'AND' | 'OR' | 'XOR'
/** `<>` is read as `!=`. */
export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>='
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'

/** A part of an expression that has a value (CESQL 1.0.0, section 2.1). */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'exists'; readonly name: string }
  | { readonly kind: 'not' | 'negate'; readonly operand: Node }
  | Binary<'logic', LogicOperator>
  | Binary<'comparison', ComparisonOperator>
  | Binary<'arithmetic', ArithmeticOperator>
  | {
      readonly kind: 'like'
      readonly operand: Node
      readonly isNegated: boolean
      /** As it is written, its escapes included. */
      readonly pattern: string
    }
  | {
      readonly kind: 'in'
      readonly operand: Node
      readonly isNegated: boolean
      /** At least one. */
      readonly elements: readonly Node[]
    }
  | {
      readonly kind: 'call'
      /** In upper case. */
      readonly name: string
      readonly operands: readonly Node[]
    }

export type Node = Expression & Extent

interface Binary<Kind, Operator> {
  readonly kind: Kind
  readonly operator: Operator
  readonly left: Node
  readonly right: Node
}

/** The nodes that a node's value is made of, from left to right. */
export function operandsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'literal':
    case 'attribute':
    case 'exists':
      return []
    case 'not':
    case 'negate':
    case 'like':
      return [node.operand]
    case 'in':
      return [node.operand, ...node.elements]
    case 'call':
      return node.operands
    default:
      return [node.left, node.right]
  }
}
