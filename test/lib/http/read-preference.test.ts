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

t.test('readPreference() comes to an end with what is made to be slow', async (t) => {
  // Whoever went through it again and again would not be done within the test's time.
  for (const part of ['"\\"', '"', '\\', ',', '=', ';', 'a=",']) {
    t.equal(readPreference(part.repeat(1_000_000), 'handling'), undefined, JSON.stringify(part))
  }
})
