import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KafkaDeadLetters } from '#dead-letters/kafka/kafka-dead-letters.ts'
import { SqliteDeadLetters } from '#dead-letters/sqlite/sqlite-dead-letters.ts'
import type { KafkaClusters } from '#kafka/kafka-clusters.ts'
import type { Logger } from '#telemetry/logger.ts'

/** Dead letters in Kafka, with a temporary file to look them up in, which goes when they are closed. */
export async function openKafkaDeadLetters(
  { clusters, logger }: { readonly clusters: KafkaClusters; readonly logger: Logger },
  opened: AsyncDisposableStack,
): Promise<KafkaDeadLetters> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-dead-letters-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const projection = new SqliteDeadLetters(join(folder, 'dead-letters.db'))
  opened.defer(() => projection.close())
  const deadLetters = new KafkaDeadLetters({ clusters, projection, logger })
  opened.defer(() => deadLetters.close())
  return deadLetters
}
