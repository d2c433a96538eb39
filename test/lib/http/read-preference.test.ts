import t from 'tap'
import { readPreference } from '#http/read-preference.ts'

const ROWS: readonly (readonly [prefer: string, handling: string | undefined])[] = [
  ['handling=lenient', 'lenient'],
  ['handling = lenient', 'lenient'],
  ['HANDLING=Lenient', 'Lenient'],
  ['handling="lenient"', 'lenient'],
  ['handling="le\\nient"', 'lenient'],
  ['handling=lenient;wait=1', 'lenient'],
  ['handling="lenient"; wait=1', 'lenient'],
  ['reply, handling=lenient', 'lenient'],
  ['reply,handling=lenient, wait=10', 'lenient'],
  [',, handling=lenient', 'lenient'],
  ['handling=strict, handling=lenient', 'strict'],
  ['handling', ''],
  ['handling=', ''],
  ['handling=""', ''],
  ['handling; a=lenient', ''],
  ['handling=;lenient', ''],
  ['', undefined],
  ['reply', undefined],
  ['xhandling=lenient', undefined],
  ['x; handling=lenient', undefined],
  ['x="a, handling=lenient"', undefined],
  ['x="a\\", handling=lenient, "', undefined],
  ['x="without an end, handling=lenient', undefined],
  ['x="a", handling=lenient', 'lenient'],
]

for (const [prefer, handling] of ROWS) {
  t.test(`readPreference() reads ${JSON.stringify(prefer)}`, async (t) => {
    t.equal(readPreference(prefer, 'handling'), handling)
  })
}

t.test('readPreference() reads what is made to be slow in one go', async (t) => {
  for (const part of ['"\\"', '"', '\\', ',', '=', ';', 'a=",']) {
    const started = performance.now()
    t.equal(readPreference(part.repeat(80_000), 'handling'), undefined)
    t.ok(performance.now() - started < 1000, JSON.stringify(part))
  }
})
