import { readdirSync } from 'node:fs'
import t from 'tap'
import { openKafkaDispatcherStorage } from '#startup/open-kafka-dispatcher-storage.ts'
import { createLogger } from '#telemetry/logger.ts'
import { aBroker } from '../../dispatcher/harness.ts'
import { sharedKafka, uniqueName } from '../../support/kafka/shared-kafka.ts'
import { aDeadLetter } from '../dead-letters/a-dead-letter.ts'
import { aRecord } from '../log/event-log.suite.ts'

const { servers } = await sharedKafka(t)

t.test('log, cursors and dead letters of one Kafka; nothing stays behind', async (t) => {
  const folder = t.testdir()
  process.env['TMPDIR'] = folder
  const key = `startup/${uniqueName('storage')}`
  const opened = new AsyncDisposableStack()
  const logger = createLogger({ level: 'silent', name: 'test' })
  const kafka = { servers, lingerMs: 0, maxEventBytes: 1024 * 1024 }
  const storage = await openKafkaDispatcherStorage(kafka, logger, opened)
  const broker = { ...aBroker(), key }
  await t.rejects(storage.logs.open(key, broker.retention), { message: /no such Broker/ })

  storage.apply([broker])
  const log = await storage.logs.open(key, broker.retention)
  const [position] = await log.append([aRecord('1')])
  const shared = { offset: 1, mark: 'mark', partitions: 10 }
  await storage.cursors.save(key, position?.partition ?? 0, { shared })
  await storage.deadLetters.put(aDeadLetter({ broker: key }))

  t.match(await storage.cursors.load(key, position?.partition ?? 0), { shared })
  t.equal(await storage.deadLetters.count(), 1)
  t.equal(readdirSync(folder).length, 1)
  await opened.disposeAsync()
  t.same(readdirSync(folder), [])
})
