import t from 'tap'
import { sharedKafka, uniqueName } from '../../../support/kafka/shared-kafka.ts'
import { cursorsSuite } from '../cursors.suite.ts'
import { startKafkaCursors } from './start-kafka-cursors.ts'

const { servers } = await sharedKafka(t)

t.test('KafkaCursors', async (t) =>
  cursorsSuite(t, (t) => {
    const broker = `demo/${uniqueName('suite')}`
    const other = `demo/${uniqueName('other')}`
    const { cursors } = startKafkaCursors(t, { servers, brokers: { [broker]: {}, [other]: {} } })
    return { cursors, broker, other }
  }),
)
