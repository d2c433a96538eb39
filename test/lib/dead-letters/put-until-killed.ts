import { writeSync } from 'node:fs'
import { SqliteDeadLetters } from '#dead-letters/sqlite/sqlite-dead-letters.ts'
import { aDeadLetter } from './a-dead-letter.ts'

// Puts letters into the file that it is given, eight at a time, and prints each offset when its put
// resolved. Whoever started it kills it.
const letters = new SqliteDeadLetters(process.argv[2] ?? '')
const event = { ...aDeadLetter().event, data: Buffer.alloc(3000, 'x') }

async function put(offset: number): Promise<void> {
  await letters.put(aDeadLetter({ offset, event }))
  writeSync(1, `${offset}\n`)
}

for (let offset = 0; ; offset += 8) {
  await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((n) => put(offset + n)))
}
