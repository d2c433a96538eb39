import { readFileSync } from 'node:fs'
import t from 'tap'
import { pages } from './docs.ts'

for (const [file, text] of pages) {
  t.test(`${file} is what npm run docs writes`, (t) => {
    t.equal(readFileSync(file, 'utf8'), text)
    t.end()
  })
}
