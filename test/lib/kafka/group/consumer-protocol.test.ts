import { AssignerProtocol } from 'kafkajs'
import t from 'tap'
import {
  readAssignment,
  readSubscription,
  writeAssignment,
  writeSubscription,
} from '#kafka/group/consumer-protocol.ts'

const { MemberAssignment, MemberMetadata } = AssignerProtocol

t.test('a subscription is read as it was written', (t) => {
  const subscription = { topic: 'knative-broker-ns-é', owned: [0, 7, 70_000], name: 'pod-ü' }

  t.same(readSubscription(writeSubscription(subscription), subscription.topic), subscription)
  t.same(readSubscription(writeSubscription(subscription), 'another'), undefined)
  t.end()
})

t.test('others read the topic and the name', (t) => {
  const written = writeSubscription({ topic: 'events', owned: [1, 2], name: 'pod' })

  const read = MemberMetadata.decode(Buffer.from(written))

  t.same(read, { version: 1, topics: ['events'], userData: Buffer.from('pod') })
  t.end()
})

t.test('the bytes are those of Kafka’s ConsumerProtocolSubscription v1', (t) => {
  const written = writeSubscription({ topic: 'ev', owned: [3], name: 'p' })

  const expected = [
    ...[0, 1], // version
    ...[0, 0, 0, 1, 0, 2, 0x65, 0x76], // topics
    ...[0, 0, 0, 1, 0x70], // user data
    ...[0, 0, 0, 1, 0, 2, 0x65, 0x76, 0, 0, 0, 1, 0, 0, 0, 3], // owned partitions
  ]
  t.same([...written], expected)
  t.end()
})

t.test('a subscription without owned partitions, of the first version, owns none', (t) => {
  const userData = Buffer.alloc(0)
  const written = MemberMetadata.encode({ version: 0, topics: ['x', 'events'], userData })

  t.same(readSubscription(written, 'events'), { topic: 'events', owned: [], name: '' })
  t.end()
})

t.test('an assignment is read as it was written, by us and by others', (t) => {
  const written = writeAssignment('events', [0, 5, 9])

  t.same(readAssignment(written, 'events'), [0, 5, 9])
  t.same(readAssignment(written, 'another'), [])
  t.match(MemberAssignment.decode(Buffer.from(written)), {
    version: 0,
    assignment: { events: [0, 5, 9] },
  })
  t.end()
})

t.test('an assignment that others wrote is read', (t) => {
  const written = MemberAssignment.encode({
    version: 0,
    assignment: { another: [1], events: [2, 3] },
    userData: Buffer.from('whatever'),
  })

  t.same(readAssignment(written, 'events'), [2, 3])
  t.same(readAssignment(new Uint8Array(), 'events'), [], 'the leader said nothing')
  t.end()
})

t.test('what breaks off is refused', (t) => {
  const subscription = writeSubscription({ topic: 'events', owned: [1, 2], name: 'pod' })
  const assignment = writeAssignment('events', [1, 2])

  for (let end = 0; end < subscription.length; end++) {
    t.throws(() => readSubscription(subscription.subarray(0, end), 'events'), RangeError)
  }
  // Its user data are not read.
  for (let end = 1; end < assignment.length - 4; end++) {
    t.throws(() => readAssignment(assignment.subarray(0, end), 'events'), RangeError)
  }
  t.end()
})
