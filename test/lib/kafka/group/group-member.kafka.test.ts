import t from 'tap'
import { kafkaTool } from '../../../support/kafka/kafka-tool.ts'
import { startKafka } from '../../../support/kafka/start-kafka.ts'
import { groupMemberSuite } from './group-member.suite.ts'
import { GroupWorld } from './group-world.ts'
import { kafkaPlace } from './kafka-place.ts'

const PARTITIONS = 10

const node = await startKafka(t)

groupMemberSuite(t, async (t) => ({
  ...(await kafkaPlace(t, [node.bootstrap])),
  breakDown: async () => {
    await node.kill()
    return () => node.start()
  },
}))

t.test('Kafka’s own tools show who has what', async (t) => {
  const place = await kafkaPlace(t, [node.bootstrap])
  const world = new GroupWorld(place)
  const a = await world.join('pod-a')
  const b = await world.join('pod-b')
  await world.settled([a, b], PARTITIONS)

  const shown = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
    ...['--bootstrap-server', node.bootstrap, '--describe', '--group', place.group],
    ...['--members', '--verbose'],
  ])

  for (const { name, owned } of [a, b]) {
    const line = shown.split('\n').find((each) => each.includes(` ${name} `)) ?? ''
    const partitions = [...owned].toSorted((x, y) => x - y).join(',')
    t.ok(line.includes(place.topic) && line.includes(partitions), `${partitions} in ${line}`)
  }
  await world.close()
})
