import t from 'tap'
import { printable } from '#problems/printable.ts'
import { PROBLEMS, Problem, type ProblemType } from '#problems/problem.ts'
import { MAX_VIOLATIONS, outcomesDocument, problemDocument } from '#problems/problem-document.ts'
import { readProblemPages } from '#problems/read-problem-pages.ts'

t.test(
  'docs/problems.md explains every problem, in the order of the table, with its status',
  async (t) => {
    const pages = readProblemPages()
    t.same([...pages.keys()], Object.keys(PROBLEMS))
    for (const [type, { status }] of Object.entries(PROBLEMS)) {
      t.match(pages.get(type), `**${status}`, `${type}: ${status}`)
      t.ok((pages.get(type)?.length ?? 0) > 100, `${type}: says something`)
    }
  },
)

t.test('a Problem has the status of its type', async (t) => {
  for (const [type, { status }] of Object.entries(PROBLEMS)) {
    t.equal(new Problem(type as ProblemType, 'x').status, status)
  }
})

t.test('problemDocument()', async (t) => {
  const read = (problem: Problem) => JSON.parse(problemDocument(problem, 'a-1').toString())

  t.test('has the members of RFC 9457, and violations where there are any', async (t) => {
    const violations = [{ rule: 'N5', at: 'ce-id', detail: 'is missing' }]
    const plain = new Problem('not-found', 'Nothing here', { cause: new Error('secret') })
    t.same(read(plain), {
      type: '/problems/not-found',
      title: PROBLEMS['not-found'].title,
      status: 404,
      detail: 'Nothing here',
      instance: 'a-1',
    })
    t.same(read(new Problem('event-invalid', 'x', { violations })).violations, violations)
  })
  t.test('is ASCII, and reads as it was written', async (t) => {
    const text = problemDocument(new Problem('not-found', 'é € 😀'), 'a-1')
    t.ok(text.every((byte) => byte >= 0x20 && byte < 0x7f))
    t.equal(JSON.parse(text.toString()).detail, 'é € 😀')
  })
  t.test('bounds every text, and the violations', async (t) => {
    const long = 'x'.repeat(5000)
    const violations = Array(MAX_VIOLATIONS + 5).fill({ rule: 'N1', at: long, detail: long })
    const document = read(new Problem('event-invalid', long, { violations }))
    t.equal(document.violations.length, MAX_VIOLATIONS)
    t.equal(document.violationsInAll, MAX_VIOLATIONS + 5)
    t.ok(document.detail.length <= 1001)
    t.ok(document.violations[0].at.length <= 301)
    t.ok(document.violations[0].detail.length <= 301)
  })
})

t.test('what became of the events of a batch', async (t) => {
  const violations = [{ rule: 'N5', at: '/1/é', detail: 'x'.repeat(5000), index: 1 }]
  const problem = new Problem('event-invalid', 'bad \u202e', { violations })
  const events = [
    { index: 0, status: 'accepted' },
    { index: 1, status: 'rejected', problem },
  ] as const
  const expected = [
    { index: 0, status: 'accepted' },
    {
      index: 1,
      status: 'rejected',
      type: '/problems/event-invalid',
      detail: 'bad \\u{202e}',
      violations: [{ index: 1, rule: 'N5', at: '/1/é', detail: `${'x'.repeat(300)}…` }],
    },
  ]

  const alone = outcomesDocument(events)
  const inProblem = problemDocument(new Problem('batch-rejected', 'x', { events }), 'a-1')

  t.same(JSON.parse(alone.toString()), expected)
  t.same(JSON.parse(inProblem.toString()).events, expected)
  t.ok(alone.every((byte) => byte >= 0x20 && byte < 0x7f))
})

t.test('printable()', async (t) => {
  const rows: readonly [string, string][] = [
    ['plain', 'plain'],
    ['a\nb\0', 'a\\u{a}b\\u{0}'],
    ['\u001b[31m', '\\u{1b}[31m'],
    ['\u007f\u009b', '\\u{7f}\\u{9b}'],
    ['a\u202eb', 'a\\u{202e}b'],
    ['\u2028', '\\u{2028}'],
    ['\ud800', '\\u{d800}'],
    ['Grüße 😀', 'Grüße 😀'],
    ['x'.repeat(300), `${'x'.repeat(200)}…`],
    [`${'x'.repeat(199)}😀😀`, `${'x'.repeat(199)}\ufffd…`],
  ]
  for (const [text, expected] of rows) t.equal(printable(text), expected, JSON.stringify(expected))
})
