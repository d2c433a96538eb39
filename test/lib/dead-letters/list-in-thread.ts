import { parentPort, workerData } from 'node:worker_threads'
import { SqliteDeadLetterReader } from '#dead-letters/sqlite/sqlite-dead-letter-reader.ts'

// Answers each message with the offsets of the dead letters in the file that it was given.
const reader = new SqliteDeadLetterReader(workerData)
parentPort?.on('message', async () => {
  const { letters } = await reader.list({ limit: 1000 })
  parentPort?.postMessage(letters.map(({ offset }) => offset))
})
