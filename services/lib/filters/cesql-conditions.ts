import type { Node } from './cesql/node.ts'
import type { Alternatives } from './necessary-conditions.ts'
import { parsedCesql } from './parsed-cesql.ts'

/** Attributes that every event has, as strings: to ask for one is never an error. */
const ALWAYS_THERE = new Set(['id', 'source', 'specversion', 'type'])

/**
 * What an event must meet for an expression to be anything but false without an error, as in
 * {@link necessaryConditions}: `type = 'a' AND …` and `type IN ('a', 'b') AND …`. Only what is
 * evaluated before anything that could fail counts, so that no error of an event goes unseen.
 */
export function cesqlConditions(
  spec: { readonly cesql: string },
  better: (a: Alternatives, b: Alternatives) => Alternatives,
): readonly Alternatives[] {
  const parsed = parsedCesql(spec)
  return parsed.kind === 'expression' ? conditionsOf(parsed.root, better) : []
}

function conditionsOf(
  node: Node,
  better: (a: Alternatives, b: Alternatives) => Alternatives,
): readonly Alternatives[] {
  const alternatives = valuesAskedFor(node)
  if (alternatives !== undefined) return [alternatives]
  if (node.kind !== 'logic' || node.operator === 'XOR') return []
  const left = conditionsOf(node.left, better)
  if (node.operator === 'AND' && !cannotFail(node.left)) return left
  const right = conditionsOf(node.right, better)
  if (node.operator === 'AND') return [...left, ...right]
  if (left.length === 0 || right.length === 0) return []
  return [[...left.reduce(better), ...right.reduce(better)]]
}

/** Of `type = 'a'` and `type IN ('a', 'b')`. */
function valuesAskedFor(node: Node): Alternatives | undefined {
  if (node.kind === 'comparison' && node.operator === '=') return valuesOf(node.left, [node.right])
  if (node.kind === 'in' && !node.isNegated) return valuesOf(node.operand, node.elements)
  return undefined
}

function valuesOf(operand: Node, values: readonly Node[]): Alternatives | undefined {
  if (operand.kind !== 'attribute' || !ALWAYS_THERE.has(operand.name)) return undefined
  const attribute = operand.name
  const alternatives = values.flatMap((node) =>
    node.kind === 'literal' && typeof node.value === 'string'
      ? [{ attribute, value: node.value }]
      : [],
  )
  return alternatives.length === values.length ? alternatives : undefined
}

function cannotFail(node: Node): boolean {
  if (node.kind === 'exists' || valuesAskedFor(node) !== undefined) return true
  return node.kind === 'logic' && cannotFail(node.left) && cannotFail(node.right)
}
