import type { Test } from 'tap'
import { startKafka } from './start-kafka.ts'

export { uniqueName } from './unique-name.ts'

/** A Kafka that others may use at the same time: nothing in it is to be stopped. */
export interface SharedKafka {
  /** `host:port`, or several of them with commas between. */
  readonly bootstrap: string
  /** The same as a list. */
  readonly servers: readonly string[]
}

/**
 * The Kafka that `KAFKA_BROKERS` names, which `npm run test:kafka` sets for all test files; else a
 * broker for this file. Where there is neither, the test file is skipped with one line.
 * Take names from `uniqueName`, for others are on it.
 * @param t - the file's own `t`, before its first test
 */
export async function sharedKafka(t: Test): Promise<SharedKafka> {
  const given = process.env['KAFKA_BROKERS'] ?? ''
  const bootstrap = given === '' ? (await startKafka(t)).bootstrap : given
  return { bootstrap, servers: bootstrap.split(',').map((server) => server.trim()) }
}
