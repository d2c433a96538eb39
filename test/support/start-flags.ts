import { readFileSync } from 'node:fs'

/** What `npm start` gives to Node, so that tests and benchmarks run what a user runs. */
export function startFlags(): readonly string[] {
  const file = new URL('../../package.json', import.meta.url)
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as { scripts: { start: string } }
  return scripts.start.split(' ').filter((word) => word.startsWith('--'))
}
