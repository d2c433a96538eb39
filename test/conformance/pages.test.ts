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

t.test('the run that docs/conformance.md shows had every case there is, and all passed', (t) => {
  const outcomes = keptResults('sluice') ?? {}

  t.same(
    Object.keys(outcomes),
    CASES.map(({ id }) => id),
  )
  t.same(
    Object.entries(outcomes).filter(([, outcome]) => outcome !== 'passed'),
    [],
  )
  t.end()
})
