import { readFileSync } from 'node:fs'

/** What `npm start`, `npm run start:gateway` and `npm run start:dispatcher` start. */
export type Role = 'standalone' | 'gateway' | 'dispatcher'

/** What the script of that role gives to Node, so that tests and benchmarks run what a user runs. */
export function startFlags(role: Role): readonly string[] {
  const file = new URL('../../package.json', import.meta.url)
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as {
    scripts: Readonly<Record<string, string>>
  }
  const script = scripts[role === 'standalone' ? 'start' : `start:${role}`] ?? ''
  return script.split(' ').filter((word) => word.startsWith('--'))
}
