import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Most of a start is loading code: what was compiled is kept for the next one, of every thread.
process.env['NODE_COMPILE_CACHE'] ??= join(
  import.meta.dirname,
  '../../node_modules/.cache/compiled',
)
enableCompileCache(process.env['NODE_COMPILE_CACHE'])

const { runStandalone } = await import('./run-standalone.ts')
await runStandalone(process.env)
