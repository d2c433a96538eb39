import type { Answer, ConformanceCase, Source } from '../conformance-case.ts'
import { binary, replyBinary, replyStructured } from '../requests.ts'

const REPLIES: Source = { document: 'Knative data plane', section: 'Derived (Reply) Events' }
const ROUTING: Source = { document: 'Knative control plane', section: 'Content Based Routing' }
const BROKER: Source = { document: 'Knative Broker', section: 'Delivery' }

const ANSWERED = [{ exact: { type: 'conformance' } }]
const REPLY_ONLY = [{ exact: { type: 'conformance.reply' } }]
const DELIVERY = {
  retry: 1,
  backoffPolicy: 'linear',
  backoffDelay: 'PT0.05S',
  deadLetterSink: { uri: '{url:sink}' },
}

/** `main` answers the event; `replies` gets whatever events come of that. */
const TRIGGERS = {
  main: { spec: { filters: ANSWERED, delivery: DELIVERY } },
  replies: { spec: { filters: REPLY_ONLY } },
}

interface Row extends Pick<ConformanceCase, 'id' | 'level' | 'source' | 'title'> {
  readonly answers: readonly Answer[]
  /** How often the event comes to the subscriber. */
  readonly attempts?: number
  readonly replies?: readonly object[]
  readonly deadLetters?: number
  readonly differs?: string
}

function replyCase(row: Row): ConformanceCase {
  const { id, level, source, title, answers, attempts = 1, replies = [], deadLetters = 0 } = row
  return {
    id,
    level,
    source,
    title,
    triggers: TRIGGERS,
    subscribers: { main: answers },
    send: [binary({}, '{}')],
    expect: {
      delivered: { main: Array.from({ length: attempts }, () => ({})), replies },
      deadLetter: Array.from({ length: deadLetters }, () => ({})),
    },
    ...(row.differs !== undefined && { differs: row.differs }),
  }
}

/** What becomes of the body of a subscriber's answer. */
export const REPLIES_CASES: readonly ConformanceCase[] = [
  ...([200, 201] as const).map((status) =>
    replyCase({
      id: `D19-binary-${status}`,
      level: 'MUST',
      source: REPLIES,
      title: `An event in binary mode in a ${status} is a reply`,
      answers: [replyBinary({ ext: 'x' }, '{"b":2}', status)],
      replies: [{ attributes: { id: '{token}.reply', ext: 'x' }, json: { b: 2 } }],
    }),
  ),
  replyCase({
    id: 'D19-structured',
    level: 'MUST',
    source: REPLIES,
    title: 'An event in structured mode in a 200 is a reply',
    answers: [replyStructured({ ext: 'x', data: { b: 2 } })],
    replies: [{ attributes: { id: '{token}.reply', ext: 'x' }, json: { b: 2 } }],
  }),
  replyCase({
    id: 'D20-202-binary',
    level: 'MUST',
    source: REPLIES,
    title: 'An event in binary mode in a 202 is no reply',
    answers: [replyBinary({}, '{}', 202)],
    differs: 'reply-in-202',
  }),
  replyCase({
    id: 'D20-202-structured',
    level: 'MUST',
    source: REPLIES,
    title: 'An event in structured mode in a 202 is no reply',
    answers: [replyStructured({}, 202)],
    differs: 'reply-in-202',
  }),
  ...(
    [
      ['text', 'text/plain', 'thank you'],
      ['json', 'application/json', '{"ok":true}'],
      ['html', 'text/html', '<p>ok</p>'],
    ] as const
  ).flatMap(([what, contentType, body]) =>
    [200, 202].map((status) =>
      replyCase({
        id: `D19-${what}-${status}`,
        level: 'SHOULD',
        source: REPLIES,
        title: `A ${status} with a body that is no event (${contentType}) is a plain success`,
        answers: [{ status, headers: { 'content-type': contentType }, body }],
        differs: 'plain-body',
      }),
    ),
  ),
  replyCase({
    id: 'D29-no-id',
    level: 'SHOULD',
    source: BROKER,
    title: 'A reply without an id is a failed delivery, which is repeated',
    answers: [replyBinary({ id: null, subject: '{token}' }, '{}')],
    attempts: 2,
    deadLetters: 1,
    differs: 'malformed-reply',
  }),
  replyCase({
    id: 'D29-not-json',
    level: 'SHOULD',
    source: BROKER,
    title:
      'A reply that claims to be structured and is not JSON is a failed delivery, which is repeated',
    answers: [
      { status: 200, headers: { 'content-type': 'application/cloudevents+json' }, body: '{' },
    ],
    attempts: 2,
    deadLetters: 1,
    differs: 'malformed-reply',
  }),
  replyCase({
    id: 'D29-empty-body',
    level: 'SHOULD',
    source: BROKER,
    title: 'A reply with ce- headers, no id and no body is a failed delivery, not lost in silence',
    answers: [replyBinary({ id: null, subject: '{token}' })],
    attempts: 2,
    deadLetters: 1,
    differs: 'malformed-reply',
  }),
  replyCase({
    id: 'D30-repeated',
    level: 'SHOULD',
    source: BROKER,
    title:
      'When a reply could not be taken, the event is delivered again and may be answered again',
    answers: [replyBinary({ id: null, subject: '{token}' }, '{}'), replyBinary({}, '{}')],
    attempts: 2,
    replies: [{ attributes: { id: '{token}.reply' } }],
    differs: 'malformed-reply',
  }),
  {
    id: 'D28-to-everybody',
    level: 'MUST',
    covers: ['C14'],
    source: ROUTING,
    title: 'A reply is judged for every Trigger, that of the subscriber which sent it included',
    alone: true,
    triggers: { main: {}, other: { spec: { filters: REPLY_ONLY } } },
    subscribers: { main: [replyBinary(), { status: 202 }] },
    send: [binary()],
    expect: {
      delivered: {
        main: [{ attributes: { id: '{token}.0' } }, { attributes: { id: '{token}.reply' } }],
        other: [{ attributes: { id: '{token}.reply' } }],
      },
    },
  },
  {
    id: 'D28-not-judged-by-its-cause',
    level: 'MUST',
    source: ROUTING,
    title: 'A reply is not delivered to Triggers that it does not pass',
    triggers: TRIGGERS,
    subscribers: { main: [replyBinary({ type: 'conformance.other' })] },
    send: [binary()],
    expect: { delivered: { main: [{}], replies: [] }, deadLetter: [] },
  },
  replyCase({
    id: 'D36-long-reply',
    level: 'SHOULD',
    source: { document: 'Knative tests', section: 'broker/feature: long messages' },
    title: 'A reply with 36,864 bytes of data is delivered',
    answers: [replyBinary({}, JSON.stringify('x'.repeat(36_862)))],
    replies: [{ json: 'x'.repeat(36_862) }],
  }),
  replyCase({
    id: 'D30-too-large',
    level: 'SHOULD',
    source: BROKER,
    title: 'A reply that is too large is a failed delivery, which is repeated',
    answers: [replyBinary({}, JSON.stringify('x'.repeat(2 * 1024 * 1024)))],
    attempts: 2,
    deadLetters: 1,
    differs: 'malformed-reply',
  }),
  {
    id: 'S-reply-of-a-sink',
    level: 'SHOULD',
    source: REPLIES,
    title: 'What a dead letter sink answers is no reply, and plain text there is no failure',
    triggers: {
      ...TRIGGERS,
      text: {
        spec: {
          filters: ANSWERED,
          delivery: { ...DELIVERY, deadLetterSink: { uri: '{url:textsink}' } },
        },
      },
    },
    subscribers: {
      main: [{ status: 400 }],
      text: [{ status: 400 }],
      sink: [replyBinary({}, '{}')],
      textsink: [{ status: 200, headers: { 'content-type': 'text/plain' }, body: 'kept' }],
    },
    send: [binary()],
    expect: {
      delivered: { main: [{}], text: [{}], replies: [], textsink: [{}] },
      deadLetter: [{}],
    },
    differs: 'sink-reply',
  },
  {
    id: 'S-reply-loop',
    level: 'SHOULD',
    source: { document: 'Sluice', section: 'Delivery' },
    title: 'A subscriber that answers every event with an event is stopped, after 255 replies',
    alone: true,
    subscribers: { main: [replyBinary({ id: '{token}.loop' })] },
    send: [binary({ type: 'conformance.reply' })],
    expect: { delivered: { main: Array.from({ length: 256 }, () => ({})) } },
    differs: 'reply-loop',
  },
]
