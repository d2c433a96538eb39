import { randomUUID } from 'node:crypto'

// Sends two events through a running `npm start` and says what became of them.

const INGRESS = process.env['INGRESS_URL'] ?? 'http://127.0.0.1:8080/default/default'
const ADMIN = process.env['ADMIN_URL'] ?? 'http://127.0.0.1:8081'
const ANALYTICS = process.env['TASK_ANALYTICS_URL'] ?? 'http://127.0.0.1:8091'
const DEADLINE_MS = 15_000

const deadline = AbortSignal.timeout(DEADLINE_MS)

interface Letter {
  readonly id: string
  readonly event: { readonly id: string }
  readonly attempts: readonly { readonly status?: number }[]
}

async function readJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: deadline })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return (await response.json()) as T
}

async function publish(type: string, id: string, data: object): Promise<Response> {
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-source': '/smoke',
    'ce-type': type,
    'content-type': 'application/json',
  }
  const body = JSON.stringify(data)
  const response = await fetch(INGRESS, { method: 'POST', headers, body, signal: deadline })
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`)
  return response
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    deadline.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function retries(): Promise<number> {
  const text = await (await fetch(`${ADMIN}/metrics`, { signal: deadline })).text()
  const line = /^sluice_delivery_retries_total\{[^}]*trigger="default\/always-fails"[^}]*\} (\d+)/m
  return Number(line.exec(text)?.[1] ?? 0)
}

const created = async () => (await readJson<{ created: number }>(ANALYTICS)).created
const id = randomUUID()
const task = {
  taskId: id,
  title: 'Smoke test',
  priority: 'normal',
  createdAt: new Date().toISOString(),
}
let before = 0
let retriesBefore = 0

const STEPS: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['Sluice is ready', () => readJson(`${ADMIN}/readyz`)],
  ['its sample services answer', () => until(() => created().catch(() => undefined))],
  [
    'an event is accepted: 202',
    async () => {
      before = await created()
      await publish('dev.sluice.task.created', id, task)
    },
  ],
  [
    'it was delivered: task-analytics has counted it',
    () => until(async () => ((await created()) > before ? true : undefined)),
  ],
  [
    'its repeat is recognised: Sluice-Duplicate',
    async () => {
      const repeat = await publish('dev.sluice.task.created', id, task)
      if (repeat.headers.get('sluice-duplicate') !== 'true') throw new Error('it was stored again')
    },
  ],
  [
    'an event that will fail is accepted: 202',
    async () => {
      retriesBefore = await retries()
      await publish('dev.sluice.sample.failing', `${id}-failing`, {})
    },
  ],
  [
    'it was delivered, failed, and was retried twice',
    () => until(async () => ((await retries()) >= retriesBefore + 2 ? true : undefined)),
  ],
  [
    'it was given up, and is kept as a dead letter with three attempts',
    () =>
      until(async () => {
        const url = `${ADMIN}/dead-letters?trigger=default/always-fails&limit=100`
        const { deadLetters } = await readJson<{ deadLetters: Letter[] }>(url)
        const letter = deadLetters.find((each) => each.event.id === `${id}-failing`)
        if (letter === undefined) return undefined
        if (letter.attempts.length === 3) return true
        throw new Error(`it has ${letter.attempts.length} attempts`)
      }),
  ],
]

for (const [what, check] of STEPS) {
  try {
    await check()
    console.log(`ok    ${what}`)
  } catch (error) {
    const late = deadline.aborted ? ` (not within ${DEADLINE_MS / 1000} s)` : ''
    console.log(`FAIL  ${what}${late}: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
}
