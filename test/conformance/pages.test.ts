import { readFileSync } from 'node:fs'
import t from 'tap'
import { CASES } from './all-cases.ts'
import { keptResults, pages } from './pages.ts'

for (const [file, text] of pages()) {
  t.test(`${file} is what npm run conformance -- --docs writes`, (t) => {
    t.equal(readFileSync(file, 'utf8'), text)
    t.end()
  })
}

t.test('the run that docs/conformance.md shows had every case there is', (t) => {
  t.same(
    Object.keys(keptResults('sluice') ?? {}),
    CASES.map(({ id }) => id),
  )
  t.end()
})
