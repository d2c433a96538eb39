import { writeSync } from 'node:fs'
import { SqliteCursors } from '#cursors/sqlite/sqlite-cursors.ts'

// Saves rising offsets to the file that it is given, each in all three tables, and prints each
// offset when its save resolved. Whoever started it kills it.
const cursors = new SqliteCursors(process.argv[2] ?? '')
for (let offset = 0; ; offset++) {
  await cursors.save('default/shop', 0, {
    shared: { offset, mark: '', partitions: 1 },
    triggers: new Map([['default/a', { next: undefined, open: [offset], specs: [] }]]),
    failures: [
      { trigger: 'default/a', offset: offset - 1, failure: undefined },
      {
        trigger: 'default/a',
        offset,
        failure: { phase: 'deliver', count: 1, attempts: [], since: offset, delayMs: 1 },
      },
    ],
  })
  writeSync(1, `${offset}\n`)
}
