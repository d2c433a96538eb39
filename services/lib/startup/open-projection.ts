import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteDeadLetters } from '#dead-letters/sqlite/sqlite-dead-letters.ts'

/**
 * Where dead letters that are kept in Kafka can be looked up: an empty file in a temporary folder,
 * both of which go when it is closed.
 */
export async function openProjection(opened: AsyncDisposableStack): Promise<SqliteDeadLetters> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-dead-letters-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const projection = new SqliteDeadLetters(join(folder, 'dead-letters.db'), {
    isTemporary: true,
  })
  opened.defer(() => projection.close())
  return projection
}
