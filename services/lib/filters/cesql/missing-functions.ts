import { findFunction } from './functions.ts'
import { type Node, operandsOf } from './node.ts'

/**
 * Calls of functions that are not there, as `NAME of 2 arguments`: no evaluation that reaches one is
 * without an error, so it is better said beforehand (CESQL 1.0.0, section 3.3).
 */
export function missingFunctions(root: Node): readonly string[] {
  const missing = new Set<string>()
  const open = [root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === 'call' && findFunction(node.name, node.operands.length) === undefined) {
      missing.add(`${node.name} of ${node.operands.length} arguments`)
    }
    open.push(...operandsOf(node).toReversed())
  }
  return [...missing]
}
