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
  return parsed.kind === 'expression' ? askedBy(parsed.root, better).choices : []
}

/** What a part of an expression says of the events that it is not false for. */
interface Asked {
  /** Any one of them is necessary. */
  readonly choices: readonly Alternatives[]
  readonly mayFail: boolean
}

function askedBy(node: Node, better: (a: Alternatives, b: Alternatives) => Alternatives): Asked {
  const alternatives = valuesAskedFor(node)
  if (alternatives !== undefined) return { choices: [alternatives], mayFail: false }
  if (node.kind !== 'logic') return { choices: [], mayFail: node.kind !== 'exists' }
  const left = askedBy(node.left, better)
  const right = askedBy(node.right, better)
  const mayFail = left.mayFail || right.mayFail
  if (node.operator === 'AND') {
    const choices = left.mayFail ? left.choices : [...left.choices, ...right.choices]
    return { choices, mayFail }
  }
  const isEither = node.operator === 'OR' && left.choices.length > 0 && right.choices.length > 0
  if (!isEither) return { choices: [], mayFail }
  return { choices: [[...left.choices.reduce(better), ...right.choices.reduce(better)]], mayFail }
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
