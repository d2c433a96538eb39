import { globSync, readFileSync } from 'node:fs'
import t from 'tap'

t.test('the language imports nothing but itself, so that it could be published', async (t) => {
  const files = globSync('services/lib/filters/cesql/*.ts')
  const imports = files.flatMap((file) =>
    Array.from(
      readFileSync(file, 'utf8').matchAll(/(?:from|import) '([^']+)'/g),
      ([, name]) => name,
    ),
  )

  t.ok(imports.length > files.length)
  t.same(
    imports.filter((name) => !/^\.\/[^/]+\.ts$/.test(name ?? '')),
    [],
  )
})
