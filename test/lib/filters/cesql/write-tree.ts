import type { Tree } from './naive-evaluator.ts'

/** A choice below `below`, for what may be written in several ways. */
export type Choose = (below: number) => number

/** How strongly things bind (CESQL 1.0.0, section 3.6); function calls and literals most. */
const ATOM = 9
const PREFIX = 8
const LIKE = 7
const IN = 5
const BINDS: Readonly<Record<string, number>> = {
  ...{ '*': 4, '/': 4, '%': 4, '+': 3, '-': 3 },
  ...{ '=': 2, '!=': 2, '<>': 2, '<': 2, '<=': 2, '>': 2, '>=': 2 },
  ...{ AND: 1, OR: 1, XOR: 1 },
}

/** The text of an expression, in any case and with any space, with no more parentheses than it likes. */
export function writeTree(tree: Tree, choose: Choose): string {
  const write = (each: Tree, atLeast: number): string => {
    const text = writeTree(each, choose)
    const needed = strength(each) < atLeast
    return needed || choose(6) === 0 ? `(${space(choose)}${text}${space(choose)})` : text
  }
  const word = (text: string) => inAnyCase(text, choose)
  const list = (trees: readonly Tree[]) =>
    `(${trees.map((each) => `${space(choose)}${write(each, 0)}`).join(`${space(choose)},`)})`
  const some = ` ${space(choose)}`
  if ('literal' in tree) {
    if (typeof tree.literal === 'string') return quoted(tree.literal, choose)
    return typeof tree.literal === 'number' ? `${tree.literal}` : word(`${tree.literal}`)
  }
  if ('attribute' in tree) return tree.attribute
  if ('exists' in tree) return `${word('EXISTS')}${some}${tree.exists}`
  if ('prefix' in tree) {
    const sign = tree.prefix === 'NOT' ? `${word('NOT')}${some}` : `-${space(choose)}`
    return `${sign}${write(tree.of, PREFIX)}`
  }
  if ('like' in tree) {
    const not = tree.isNot ? `${word('NOT')}${some}` : ''
    return `${write(tree.like, LIKE)}${some}${not}${word('LIKE')}${some}${quoted(tree.pattern, choose)}`
  }
  if ('in' in tree) {
    const not = tree.isNot ? `${word('NOT')}${some}` : ''
    return `${write(tree.in, IN)}${some}${not}${word('IN')}${space(choose)}${list(tree.set)}`
  }
  if ('call' in tree) return `${word(tree.call)}${space(choose)}${list(tree.arguments)}`
  const binds = BINDS[tree.operator] ?? 0
  const isWord = /\w/.test(tree.operator)
  const around = isWord ? some : space(choose)
  return [
    write(tree.left, binds),
    isWord ? word(tree.operator) : tree.operator,
    write(tree.right, binds + 1),
  ].join(around)
}

function strength(tree: Tree): number {
  if ('prefix' in tree) return PREFIX
  if ('like' in tree) return LIKE
  if ('in' in tree) return IN
  return 'operator' in tree ? (BINDS[tree.operator] ?? 0) : ATOM
}

function quoted(text: string, choose: Choose): string {
  const quote = choose(2) === 0 ? "'" : '"'
  return `${quote}${text.replaceAll(quote, `\\${quote}`)}${quote}`
}

function space(choose: Choose): string {
  return ['', '', '', ' ', '\n', '\t ', '\r\n'][choose(7)] ?? ''
}

function inAnyCase(word: string, choose: Choose): string {
  if (choose(2) === 0) return word
  return Array.from(word, (letter) => (choose(2) === 0 ? letter.toLowerCase() : letter)).join('')
}
