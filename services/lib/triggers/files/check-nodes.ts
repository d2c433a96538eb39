import { isAlias, isMap, isNode, isScalar, isSeq, type ParsedNode } from 'yaml'

/** A document may be nested this deep. */
export const MAX_DEPTH = 100

/** Says no to a document: at which character, and why. Does not return. */
export type Refuse = (offset: number, message: string) => never

/**
 * Refuses what the parser lets pass: a key that comes twice, an alias as a key or without an
 * anchor that ends before it (so that nothing contains itself), and nesting beyond `MAX_DEPTH`.
 */
export function checkNodes(contents: ParsedNode | null, refuse: Refuse): void {
  checkNode(contents, 0, new Set(), refuse)
}

function checkNode(
  node: ParsedNode | null,
  depth: number,
  anchors: Set<string>,
  refuse: Refuse,
): void {
  if (!isNode(node)) return
  if (isAlias(node)) {
    if (anchors.has(node.source)) return
    refuse(node.range[0], 'an alias has no anchor before it: put text that begins with * in quotes')
  }
  if (depth > MAX_DEPTH) refuse(node.range[0], `is nested deeper than ${MAX_DEPTH} levels`)
  if (isSeq(node)) {
    for (const item of node.items) checkNode(item, depth + 1, anchors, refuse)
  } else if (isMap(node)) {
    const keys = new Set<string>()
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : undefined
      if (name === undefined) refuse(key.range[0], 'a key must be plain text')
      if (keys.has(name)) refuse(key.range[0], `the key "${name.slice(0, 80)}" is here twice`)
      keys.add(name)
      checkNode(value, depth + 1, anchors, refuse)
    }
  }
  if (node.anchor !== undefined) anchors.add(node.anchor)
}
