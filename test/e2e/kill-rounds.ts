import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { ScriptedSubscriber, status } from '../support/scripted-subscriber.ts'
import { SluiceProcess } from '../support/sluice-process.ts'

const PRODUCERS = 16
const POISON_EVERY = 50
/** Deliveries that ended so shortly before a kill may not have been saved: 50 ms, and what saving takes. */
const UNSAVED_MS = 150
/** What a Trigger has in flight at most. */
const IN_FLIGHT = 64

/** What became of the events of some rounds. */
export interface KillReport {
  readonly acknowledged: number
  /** Acknowledged, but neither delivered nor a dead letter: must be empty. */
  readonly lost: readonly string[]
  /** Deliveries of an event beyond the first that succeeded. */
  readonly duplicates: number
  /**
   * The most of them that the kills explain: what ended shortly before each, and was not saved yet,
   * and what was in flight.
   */
  readonly explained: number
  readonly deadLetters: number
  readonly rounds: number
}

const eventing = (url: string) => `
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: default }
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: { name: all }
spec:
  broker: default
  subscriber: { uri: ${url} }
  delivery: { retry: 1, backoffPolicy: linear, backoffDelay: PT0.05S }
`

/**
 * Kills a real `npm start` with SIGKILL while producers post events, over and over, and then
 * compares event by event what was acknowledged with what arrived. Every fiftieth event always
 * fails, and must end as a dead letter.
 */
export async function killRounds(
  dir: string,
  rounds: number,
  roundMs: number,
): Promise<KillReport> {
  const acknowledged = new Set<string>()
  const delivered = new Map<string, number>()
  const times: number[] = []
  let explained = 0
  const subscriber = await ScriptedSubscriber.start((response, received) => {
    const id = String(received.headers['ce-id'])
    const isPoison = id.startsWith('poison')
    if (!isPoison) {
      delivered.set(id, (delivered.get(id) ?? 0) + 1)
      times.push(received.time)
    }
    status(isPoison ? 500 : 200)(response, received)
  })
  const options = { dir, eventing: eventing(subscriber.url) }
  let sluice = await SluiceProcess.start(options)
  for (let round = 0; round < rounds; round++) {
    const load = new AbortController()
    const producers = Array.from({ length: PRODUCERS }, (_, producer) =>
      produce(sluice.ingressUrl, `${round}-${producer}`, acknowledged, load.signal),
    )
    await delay(roundMs * (0.5 + Math.random()))
    await sluice.stop('SIGKILL')
    const unsaved = Date.now() - UNSAVED_MS
    explained += times.length - (times.findLastIndex((time) => time < unsaved) + 1) + IN_FLIGHT
    load.abort()
    await Promise.all(producers)
    sluice = await SluiceProcess.start(options)
  }
  await sluice.until(
    '/triggers',
    (body) => /"open": ?0\b/.test(body) && /"lag": ?0\b/.test(body),
    30_000,
  )
  const dead = await deadLetterIds(sluice)
  await sluice.stop()
  await subscriber.close()
  const duplicates = [...delivered.values()].reduce((sum, times) => sum + times - 1, 0)
  const lost = [...acknowledged].filter((id) => !delivered.has(id) && !dead.has(id))
  const deadLetters = dead.size
  return { acknowledged: acknowledged.size, lost, duplicates, explained, deadLetters, rounds }
}

async function produce(url: string, name: string, acknowledged: Set<string>, signal: AbortSignal) {
  const dispatcher = new Agent({ connections: 1 })
  for (let i = 0; !signal.aborted; i++) {
    const id = `${i % POISON_EVERY === 1 ? 'poison' : 'event'}-${name}-${i}`
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': id,
      'ce-source': '/kill',
      'ce-type': 'test',
    }
    try {
      const { statusCode, body } = await request(`${url}/default/default`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: '{"a":1}',
        dispatcher,
      })
      await body.dump()
      if (statusCode === 202) acknowledged.add(id)
    } catch {
      // The process is gone; what it did not answer was not acknowledged.
      break
    }
  }
  await dispatcher.destroy()
}

async function deadLetterIds(sluice: SluiceProcess): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  let path: string | null = '/dead-letters?limit=1000'
  while (path !== null) {
    const page = (await (await sluice.get(path)).json()) as {
      deadLetters: { event: { id: string } }[]
      next: string | null
    }
    for (const letter of page.deadLetters) ids.add(letter.event.id)
    path = page.next
  }
  return ids
}
