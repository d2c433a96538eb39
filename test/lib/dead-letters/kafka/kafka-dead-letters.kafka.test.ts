import t from 'tap'
import { sharedKafka, uniqueName } from '../../../support/kafka/shared-kafka.ts'
import { deadLettersSuite } from '../dead-letters.suite.ts'
import { startKafkaDeadLetters } from './start-kafka-dead-letters.ts'

const { servers } = await sharedKafka(t)

t.test('KafkaDeadLetters', async (t) =>
  deadLettersSuite(t, (t) => {
    const broker = `demo/${uniqueName('suite')}`
    const other = `demo/${uniqueName('other')}`
    const { letters } = startKafkaDeadLetters(t, { servers, brokers: [broker, other] })
    return { letters, broker, other }
  }),
)
