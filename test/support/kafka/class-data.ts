import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { KafkaNode } from './kafka-node.ts'
import type { KafkaRuntime } from './kafka-runtime.ts'
import { withLock } from './with-lock.ts'

const DEADLINE_MS = 120_000

/**
 * Makes sure that Java has an archive of the classes that a broker loads, which halves its time to
 * start: the first time a broker is started and stopped for it.
 */
export async function keepClassData(runtime: KafkaRuntime): Promise<void> {
  const { archive } = runtime
  if (existsSync(archive)) return
  await withLock(`${archive}.lock`, DEADLINE_MS, async () => {
    if (existsSync(archive)) return
    const unfinished = `${archive}.${process.pid}`
    const node = await KafkaNode.prepare(runtime)
    try {
      await node.launch([`-XX:ArchiveClassesAtExit=${unfinished}`])
      await node.ready()
      await node.stop()
    } finally {
      await node.close()
    }
    // Without an archive brokers start more slowly, no more than that.
    if (existsSync(unfinished)) await rename(unfinished, archive)
  })
}
