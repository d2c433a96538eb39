const PIECES = [
  '__proto__',
  'constructor',
  '? ',
  '- ',
  ': ',
  '&a ',
  '*a',
  '*e',
  '!!binary ',
  '!x ',
  '%YAML 1.1\n',
  '---\n',
  '...\n',
  '<<: ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '|\n',
  '>\n',
  '\t',
  '\n',
  '\r',
  '\0',
  '\u2028',
  '\ufeff',
  '\ud800',
  '#',
  '~',
  'null',
  '1e999',
  '.nan',
  '0x1F',
  '-0',
  '😀',
  '/',
  '../',
  'PT',
  'P1Y',
  '"\\u0000"',
  '{__proto__: {a: b}}',
  '[[[[[[[[',
  '&a [*a]',
  'x'.repeat(300),
]

/**
 * Makes a few changes to YAML, so that most of it is still right. `random` gives numbers from 0 up
 * to below 1.
 */
export function mutateYaml(text: string, random: () => number): string {
  const below = (bound: number) => Math.floor(random() * bound)
  let mutated = text
  for (let i = below(3) + 1; i > 0; i--) {
    const at = below(mutated.length + 1)
    const end = Math.min(mutated.length, at + below(12))
    const kind = below(4)
    const piece = kind === 0 ? '' : (PIECES[below(PIECES.length)] ?? '')
    const other = mutated.slice(below(mutated.length + 1)).slice(0, below(60))
    const inserted = kind === 3 ? other : piece
    mutated = mutated.slice(0, at) + inserted + mutated.slice(kind === 1 ? at : end)
  }
  return mutated
}
