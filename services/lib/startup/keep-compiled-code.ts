import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

/**
 * Most of a start is loading code: what is compiled from here on is kept for the next start, of
 * every thread, in the folder that `NODE_COMPILE_CACHE` names. To be called before the program is
 * imported.
 */
export function keepCompiledCode(env: Record<string, string | undefined>): void {
  const folder = join(import.meta.dirname, '../../../node_modules/.cache/compiled')
  env['NODE_COMPILE_CACHE'] ??= folder
  enableCompileCache(env['NODE_COMPILE_CACHE'])
}
