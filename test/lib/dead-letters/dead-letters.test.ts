import t from 'tap'
import { MemoryDeadLetters } from '#dead-letters/memory/memory-dead-letters.ts'
import { deadLettersSuite } from './dead-letters.suite.ts'

t.test('MemoryDeadLetters', async (t) => deadLettersSuite(t, () => new MemoryDeadLetters()))
