import { readFileSync } from 'node:fs'

const FILE = new URL('../../../docs/problems.md', import.meta.url)

/**
 * What docs/problems.md says about each problem: the section's Markdown, heading included, by the
 * problem's type.
 *
 * @throws Error when the file cannot be read.
 */
export function readProblemPages(): ReadonlyMap<string, string> {
  const pages = new Map<string, string>()
  for (const section of readFileSync(FILE, 'utf8').split(/^(?=## )/m)) {
    const type = /^## `?([a-z-]+)`?/.exec(section)?.[1]
    if (type !== undefined) pages.set(type, `${section.trim()}\n`)
  }
  return pages
}
