import { getCompileCacheDir } from 'node:module'
import t from 'tap'
import { keepCompiledCode } from '#startup/keep-compiled-code.ts'

t.test('keepCompiledCode() keeps it where it is told to, for threads too', (t) => {
  const folder = t.testdir()
  const env = { NODE_COMPILE_CACHE: folder }

  keepCompiledCode(env)

  t.match(getCompileCacheDir(), folder)
  t.same(env, { NODE_COMPILE_CACHE: folder })
  t.end()
})

t.test('keepCompiledCode() has a folder of its own', (t) => {
  const env: Record<string, string | undefined> = {}

  keepCompiledCode(env)

  t.match(env['NODE_COMPILE_CACHE'], /\/node_modules\/\.cache\/compiled$/)
  t.end()
})
