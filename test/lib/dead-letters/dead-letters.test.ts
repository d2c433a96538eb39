import t from 'tap'
import { deadLetterId } from '#dead-letters/dead-letter-id.ts'
import { MemoryDeadLetters } from '#dead-letters/memory/memory-dead-letters.ts'
import { aDeadLetter } from './a-dead-letter.ts'
import { deadLettersSuite } from './dead-letters.suite.ts'

t.test('MemoryDeadLetters', async (t) =>
  deadLettersSuite(t, () => ({
    letters: new MemoryDeadLetters(),
    broker: 'default/shop',
    other: 'other/shop',
  })),
)

t.test('deadLetterId() tells names apart that look the same when they are joined', async (t) => {
  const names = [
    { broker: 'a/b', trigger: 'c/d' },
    { broker: 'a/b","c/d', trigger: '' },
    { broker: '', trigger: 'a/b","c/d' },
  ]

  t.equal(new Set(names.map((name) => deadLetterId(aDeadLetter(name)))).size, names.length)
})
