import t, { type Test } from 'tap'
import { Problem } from '#problems/problem.ts'
import { type Answer, attribute, BATCH, structured, TestGateway, until } from './harness.ts'

const ADDRESS = '/default/default'
const LENIENT = { ...BATCH, prefer: 'handling=lenient' }

const good = (id: string, more: Record<string, unknown> = {}) => structured({ id, ...more })
const BAD = structured({ id: '' })
const WRONG = structured({ id: 'wrong', type: 'bad.data' })
const LARGE = structured({ id: 'large', data: 'x'.repeat(64 * 1024) })

interface Outcome {
  readonly index: number
  readonly status: string
  readonly type?: string
  readonly detail?: string
  readonly violations?: readonly { readonly rule: string; readonly at: string }[]
}

async function open(t: Test): Promise<TestGateway> {
  const gateway = await new TestGateway({
    schemas: {
      check: ({ attributes }) =>
        attributes.get('type') === 'bad.data'
          ? [{ rule: 'required', at: '/data/name', detail: 'is missing' }]
          : [],
    },
  }).start()
  t.teardown(() => gateway.stop())
  return gateway
}

const send = (gateway: TestGateway, events: readonly string[], headers: object = LENIENT) =>
  gateway.send('POST', ADDRESS, { ...headers }, `[${events.join()}]`)

const outcomes = ({ body }: Answer): Outcome[] => JSON.parse(body)
/** `0 accepted`, `1 rejected event-invalid`. */
const told = (all: readonly Outcome[]) =>
  all.map(({ index, status, type }) => [index, status, type?.split('/').at(-1)].join(' ').trim())

const ROWS: readonly (readonly [
  what: string,
  events: readonly string[],
  told: readonly string[],
])[] = [
  ['all are good', [good('1'), good('2')], ['0 accepted', '1 accepted']],
  [
    'one is malformed',
    [good('1'), BAD, good('2')],
    ['0 accepted', '1 rejected event-invalid', '2 accepted'],
  ],
  ['one is no object', ['7', good('1')], ['0 rejected event-invalid', '1 accepted']],
  ['one does not match its schema', [WRONG, good('1')], ['0 rejected data-invalid', '1 accepted']],
  ['one is too large', [good('1'), LARGE], ['0 accepted', '1 rejected event-too-large']],
  [
    'one has another version',
    [good('1'), good('2', { specversion: '0.3' })],
    ['0 accepted', '1 rejected event-invalid'],
  ],
  [
    'one is there twice',
    [BAD, good('1'), good('1'), good('2')],
    ['0 rejected event-invalid', '1 accepted', '2 duplicate', '3 accepted'],
  ],
  ['there is none', [], []],
]
for (const [what, events, expected] of ROWS) {
  t.test(`a lenient batch is answered for event by event where ${what}`, async (t) => {
    const gateway = await open(t)

    const answer = await send(gateway, events)

    t.equal(answer.status, 202)
    t.equal(answer.headers['content-type'], 'application/json')
    t.equal(answer.headers['preference-applied'], 'handling=lenient')
    t.equal(answer.headers['sluice-duplicate'], undefined)
    t.same(told(outcomes(answer)), expected)
    const accepted = expected.filter((line) => line.endsWith('accepted')).length
    t.equal((await gateway.logs.records()).length, accepted)
  })
}

t.test('what is wrong with a rejected event is told as it would be by itself', async (t) => {
  const gateway = await open(t)

  const all = outcomes(await send(gateway, [good('1'), BAD, WRONG]))

  t.match(all[1], {
    detail: 'Cannot read the event: /1/id is empty, and every event must have it',
    violations: [{ rule: 'N5', at: '/1/id' }],
  })
  t.match(all[2], {
    detail: 'Cannot take the event: /2/data/name is missing',
    violations: [{ rule: 'required', at: '/2/data/name' }],
  })
  t.same(all[0], { index: 0, status: 'accepted' })
})

t.test(
  'a lenient batch of which nothing can be taken is 400, and says so of each event',
  async (t) => {
    const gateway = await open(t)

    const answer = await send(gateway, [BAD, WRONG, LARGE])

    t.equal(answer.status, 400)
    t.equal(answer.headers['content-type'], 'application/problem+json')
    t.equal(answer.headers['preference-applied'], 'handling=lenient')
    t.equal(answer.problem.type, '/problems/batch-rejected')
    t.match(
      answer.problem.detail,
      'Cannot take any of the 3 events of the batch; of the first: Cannot read',
    )
    t.same(told(JSON.parse(answer.body).events), [
      '0 rejected event-invalid',
      '1 rejected data-invalid',
      '2 rejected event-too-large',
    ])
    t.same(await gateway.logs.records(), [])
    t.equal(gateway.logs.appends, 0)
  },
)

t.test('repeats of a lenient batch are told apart, also from one that is under way', async (t) => {
  const gateway = await open(t)
  const gate = Promise.withResolvers<void>()
  gateway.logs.beforeAppend = () => gate.promise
  const first = gateway.publish({ id: '1' })
  await until(() => gateway.logs.appends === 1)

  const batch = send(gateway, [good('2'), good('1'), BAD])
  await until(() => gateway.logs.appends === 2)
  gate.resolve()
  await first
  const again = await send(gateway, [good('2'), good('1')])

  t.same(told(outcomes(await batch)), ['0 accepted', '1 duplicate', '2 rejected event-invalid'])
  t.same(told(outcomes(again)), ['0 duplicate', '1 duplicate'])
  t.equal(again.headers['sluice-duplicate'], 'true')
  t.same(
    (await gateway.logs.records()).map((record) => attribute(record, 'id')),
    ['1', '2'],
  )
})

t.test('storage that refuses refuses the whole of a lenient batch', async (t) => {
  const gateway = await open(t)
  const full = new Problem('log-unavailable', 'The disk is full', { retryAfterSeconds: 7 })
  gateway.logs.beforeAppend = () => {
    throw full
  }
  const failed = await send(gateway, [good('1'), BAD])
  gateway.logs.beforeAppend = () => {}
  gateway.logs.refusal = full
  const refused = await send(gateway, [good('1'), BAD])
  gateway.logs.refusal = undefined
  const taken = await send(gateway, [good('1'), BAD])

  for (const answer of [failed, refused]) {
    t.match(answer, { status: 503, headers: { 'retry-after': '7' } })
    t.equal(answer.problem.type, '/problems/log-unavailable')
  }
  t.same(told(outcomes(taken)), ['0 accepted', '1 rejected event-invalid'])
})

t.test('what is no array, or too long, is refused as a whole', async (t) => {
  const gateway = await open(t)
  const rows: readonly (readonly [string, number, string])[] = [
    ['{}', 400, 'event-invalid'],
    [`[${good('1')},{]`, 400, 'event-invalid'],
    [`[${Array(11).fill(good('1')).join()}]`, 413, 'event-too-large'],
  ]
  for (const [body, status, type] of rows) {
    const answer = await gateway.send('POST', ADDRESS, LENIENT, body)
    t.equal(answer.status, status, type)
    t.equal(answer.problem.type, `/problems/${type}`)
    t.equal(answer.headers['preference-applied'], undefined)
  }
  t.same(await gateway.logs.records(), [])
})

const PREFERENCES: readonly (readonly [prefer: string | string[], isLenient: boolean])[] = [
  ['handling=lenient', true],
  ['Handling="Lenient"', true],
  ['respond-async, handling=lenient; x=1', true],
  [['respond-async', 'handling=lenient'], true],
  ['handling=strict', false],
  ['handling=strict, handling=lenient', false],
  ['handling', false],
  ['reply', false],
]
for (const [prefer, isLenient] of PREFERENCES) {
  t.test(
    `Prefer: ${prefer} makes a batch ${isLenient ? 'lenient' : 'all or nothing'}`,
    async (t) => {
      const gateway = await open(t)

      const answer = await send(gateway, [good('1'), BAD], { ...BATCH, prefer })

      t.equal(answer.status, isLenient ? 202 : 400)
      t.equal(answer.headers['preference-applied'], isLenient ? 'handling=lenient' : undefined)
      t.equal((await gateway.logs.records()).length, isLenient ? 1 : 0)
    },
  )
}

t.test('the preference says nothing of an event that comes alone', async (t) => {
  const gateway = await open(t)
  const one = { 'content-type': 'application/cloudevents+json', prefer: 'handling=lenient' }

  const taken = await gateway.send('POST', ADDRESS, one, good('1'))
  const refused = await gateway.send('POST', ADDRESS, one, BAD)

  t.match(taken, { status: 202, body: '', headers: { 'preference-applied': undefined } })
  t.equal(refused.problem.type, '/problems/event-invalid')
})

t.test('events are counted one by one', async (t) => {
  const gateway = await open(t)

  await send(gateway, [good('1'), good('1'), BAD, WRONG, BAD])
  await send(gateway, [BAD])

  const metrics = await gateway.registry.metrics()
  t.match(metrics, 'sluice_events_accepted_total{broker="default/default"} 2')
  t.match(metrics, 'sluice_events_duplicate_total{broker="default/default"} 1')
  t.match(metrics, 'sluice_events_rejected_total{problem="event-invalid"} 2')
  t.match(metrics, 'sluice_events_rejected_total{problem="data-invalid"} 1')
  t.match(metrics, 'sluice_events_rejected_total{problem="batch-rejected"} 1')
})

t.test('the answer to the worst of batches stays small', async (t) => {
  const limits = { maxEventBytes: 1024 * 1024, maxBatchEvents: 1000 }
  const gateway = await new TestGateway({ limits }).start()
  t.teardown(() => gateway.stop())
  const name = 'N'.repeat(500)
  const event = `{${Array.from({ length: 15 }, (_, i) => `"${name}${i}":1`).join()}}`

  const answer = await send(gateway, Array(1000).fill(event))

  t.equal(answer.status, 400)
  const all: Outcome[] = JSON.parse(answer.body).events
  t.equal(all.length, 1000)
  t.equal(
    all.reduce((sum, { violations = [] }) => sum + violations.length, 0),
    1000,
  )
  t.ok(all.every(({ detail }) => detail?.endsWith(', and 18 more')))
  t.ok(answer.body.length < 1024 * 1024, `${answer.body.length} bytes`)
})

t.test('about 1000 violations are listed of data that does not match its schema', async (t) => {
  const violations = Array.from({ length: 20 }, (_, i) => ({
    rule: 'required',
    at: `/data/${i}`,
    detail: 'is missing',
  }))
  const limits = { maxEventBytes: 1024 * 1024, maxBatchEvents: 1000 }
  const gateway = await new TestGateway({ limits, schemas: { check: () => violations } }).start()
  t.teardown(() => gateway.stop())

  const answer = await send(gateway, Array(1000).fill(WRONG))

  const all: Outcome[] = JSON.parse(answer.body).events
  t.equal(all.length, 1000)
  t.equal(
    all.reduce((sum, { violations = [] }) => sum + violations.length, 0),
    1000,
  )
  t.ok(all.every(({ detail }) => detail?.endsWith(', and 19 more')))
})
