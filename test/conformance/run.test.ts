import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { CASES } from './all-cases.ts'
import { resultsJunit } from './results.ts'
import { readRunOptions } from './run-options.ts'
import { runSuite } from './run-suite.ts'
import { ScriptedSubscribers } from './scripted-subscribers.ts'
import { SluiceTarget } from './sluice-target.ts'

/** Some of every theme, all of them quick. */
const SAMPLE = [
  ...['D1-binary', 'D1-structured', 'D8-allow', 'D15-source-and-id', 'H19-48-kib-attribute'],
  ...['N5-id-missing-binary', 'N5-source-empty-structured', 'T3-line-feed', 'T7-null'],
  ...['H7-percent-encoding', 'H10-overlong', 'H20-all-bytes', 'J9-null', 'J14-data-kept'],
  ...['W-continued', 'F-exact', 'F-prefix-missing-subject', 'F-nested', 'D14-redirect-303'],
  ...['C19-no-delay', 'D12-429', 'D12-400', 'D19-binary-200', 'D20-202-binary', 'D29-empty-body'],
  ...['D37-data', 'X1-kne-header-dash', 'D38-ordered', 'C7-unresolved-service'],
]

t.test('a sample of the suite passes on Sluice', async (t) => {
  const cases = CASES.filter(({ id }) => SAMPLE.includes(id))
  t.equal(cases.length, SAMPLE.length)
  const subscribers = await ScriptedSubscribers.start('127.0.0.1')
  t.teardown(() => subscribers.close())
  const target = await SluiceTarget.create()
  t.teardown(() => target.close())

  const results = await runSuite(cases, target, subscribers)

  for (const { case: each, faults } of results) t.same(faults, [], each.id)
})

t.test('a Broker that takes everything and delivers nothing fails', async (t) => {
  const dir = t.testdir()
  const ingress = await startBroker(t, (request, response) => {
    request.resume()
    response.writeHead(202).end()
  })
  const [json, junit, folder] = [join(dir, 'r.json'), join(dir, 'r.xml'), join(dir, 'yaml')]

  const { code, output } = await run(
    ...['--ingress', `${ingress}/{namespace}/{broker}`, '--apply', `folder=${folder}`],
    ...['--settle', '0', '--deadline', '0.3', '--json', json, '--junit', junit],
    ...['--only', 'D9-accepted', '--only', 'D1-binary', '--only', 'S-dedup-off'],
  )

  t.equal(code, 1)
  t.equal(output.trimEnd().split('\n').at(-1), `1 passed, 2 failed, ${CASES.length - 3} skipped`)
  t.match(output, /failed +MUST +D1-binary .*\n +main: 1 requests must come, and 0 came/)
  t.match(JSON.parse(readFileSync(json, 'utf8')), {
    summary: { passed: 1, failed: 2, skipped: CASES.length - 3, failedMusts: 1 },
    cases: [
      { id: 'D1-binary', level: 'MUST', outcome: 'failed', faults: [String] },
      { id: 'D9-accepted', outcome: 'passed', faults: [] },
      { id: 'S-dedup-off', level: 'MAY', outcome: 'failed' },
    ],
  })
  const xml = readFileSync(junit, 'utf8')
  t.same(elementsOf(xml).filter((name) => name === 'testcase').length, 3)
  t.equal(xml.match(/<failure type="MUST"/g)?.length, 1)
  t.same(readdirSync(folder), [], 'what was applied is removed')
})

t.test('a failed MAY makes the exit code 1 only when it is asked for', async (t) => {
  const ingress = await startBroker(t, (request, response) => {
    request.resume()
    response.writeHead(202).end()
  })
  const options = [
    ...['--ingress', ingress, '--apply', `folder=${t.testdir()}`, '--only', 'D3-unknown'],
    ...['--settle', '0', '--deadline', '0.2'],
  ]

  t.match(await run(...options), { code: 0, output: /0 passed, 1 failed, \d+ skipped\n$/ })
  t.match(await run(...options, '--strict'), { code: 1 })
})

/** A kubectl that keeps what is applied, and says that it is Ready. */
const KUBECTL = `#!/usr/bin/env node
const { appendFileSync, existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const applied = join(__dirname, 'applied')
appendFileSync(join(__dirname, 'calls'), process.argv.slice(2).join(' ') + '\\n')
if (process.argv[2] === 'apply') appendFileSync(applied, readFileSync(0) + '---\\n')
if (process.argv[2] === 'get') {
  const documents = readFileSync(applied, 'utf8').split('---\\n').filter((text) => text !== '')
  const status = { conditions: [{ type: 'Ready', status: 'True' }] }
  const kind = { brokers: 'Broker', triggers: 'Trigger' }[process.argv[3]?.split('.')[0]]
  const all = documents.map((text) => ({ ...JSON.parse(text), status }))
  const items = all.filter((each) => each.kind === kind)
  console.log(JSON.stringify({ items }))
}
`

t.test('with kubectl: everything is applied, awaited and removed', async (t) => {
  const dir = t.testdir({ kubectl: KUBECTL })
  chmodSync(join(dir, 'kubectl'), 0o755)
  const ingress = await startBroker(t, (request, response) => {
    request.resume()
    response.writeHead(request.url?.startsWith('/spare/broker-') ? 202 : 404).end()
  })

  const { code, output } = await run(
    { PATH: `${dir}:${process.env['PATH']}` },
    ...['--ingress', `${ingress}/{namespace}/{broker}`, '--apply', 'kubectl', '--settle', '0'],
    ...['--namespace', 'spare', '--only', 'D9-accepted', '--only', 'C7-no-subscriber'],
    ...['--deadline', '0.5'],
  )

  t.equal(code, 1, 'everything is Ready here')
  t.match(output, /1 passed, 1 failed, \d+ skipped\n$/)
  t.match(output, /-main must not be Ready, and is/)
  t.same(readFileSync(join(dir, 'calls'), 'utf8').trimEnd().split('\n'), [
    'create namespace spare',
    'apply -f -',
    'apply -f -',
    'get brokers.eventing.knative.dev -n spare -o json',
    'get triggers.eventing.knative.dev -n spare -o json',
    'get triggers.eventing.knative.dev -n spare -o json',
    'delete namespace spare --wait=false',
  ])
})

t.test('options that make no sense are told, with what there is', async (t) => {
  const rows: readonly (readonly [readonly string[], RegExp])[] = [
    [['--profile', 'other'], /--profile must be/],
    [['--ingress', 'nowhere', '--apply', 'kubectl'], /--ingress must be a URL/],
    [['--ingress', 'http://a'], /needs --apply/],
    [['--ingress', 'http://a', '--apply', 'by hand'], /not by hand/],
    [['--settle', 'soon'], /--settle must be a number/],
    [['--docs', '--only', 'D1'], /--docs is for a whole run/],
    [['--unknown'], /--unknown/],
  ]

  for (const [args, message] of rows) t.throws(() => readRunOptions(args), { message })
  t.match(await run('--profile', 'other'), { code: 2, output: /npm run conformance/ })
})

t.test('resultsJunit() is well-formed XML whatever is in it', (t) => {
  const each = CASES[0]
  if (each === undefined) throw new Error('there are no cases')
  const faults = ['<a> & "b" ]]> \u0000 \u001b[1m \ud800 \ufffe 😀']
  const result = { case: each, outcome: 'failed', faults, durationMs: 1 } as const

  const xml = resultsJunit('http://a/?b&c', [result])

  t.same(elementsOf(xml), ['testsuites', 'testsuite', 'testcase', 'failure'])
  for (const bad of ['\0', '\u001b', '\ufffe']) t.notOk(xml.includes(bad))
  t.match(xml, /&lt;a&gt; &amp; &quot;b&quot; .*😀/)
  t.end()
})

async function startBroker(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

type Environment = Readonly<Record<string, string>>

async function run(
  ...args: readonly [Environment, ...string[]] | readonly string[]
): Promise<{ readonly code: number; readonly output: string }> {
  const [first, ...rest] = args
  const env = typeof first === 'object' ? first : {}
  const words = typeof first === 'string' ? [first, ...rest] : rest
  const main = fileURLToPath(new URL('run.ts', import.meta.url))
  const child = spawn(process.execPath, [main, ...(words as string[])], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const [code] = await once(child, 'close')
  return { code: code ?? -1, output }
}

/** The names of all elements in order. @throws Error where `xml` is not well-formed */
function elementsOf(xml: string): string[] {
  const names: string[] = []
  const open: string[] = []
  const text = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '')
  const rest = text.replace(
    /<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g,
    (_, end, name, attributes, empty) => {
      if (/&(?!(?:amp|lt|gt|quot);)/.test(attributes)) throw new Error(`bare &: ${attributes}`)
      if (end !== '' && open.pop() !== name) throw new Error(`</${name}> closes nothing`)
      if (end !== '') return ''
      names.push(name)
      if (empty === '') open.push(name)
      return ''
    },
  )
  if (open.length > 0) throw new Error(`not closed: ${open}`)
  if (/[<>]|&(?!(?:amp|lt|gt|quot);)/.test(rest)) throw new Error(`not well-formed: ${rest}`)
  return names
}
