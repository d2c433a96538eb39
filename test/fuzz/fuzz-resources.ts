import assert from 'node:assert/strict'
import { parseDestination } from '#delivery/http/parse-destination.ts'
import { compileFilters } from '#filters/compile-filters.ts'
import { explain } from '#filters/explain.ts'
import { FilterIndex } from '#filters/filter-index.ts'
import { parseResources } from '#triggers/files/parse-resources.ts'
import { readKustomization } from '#triggers/files/read-kustomization.ts'
import { readServices } from '#triggers/files/read-services.ts'
import type { Snapshot, Trigger } from '#triggers/trigger.ts'
import { anEvent } from '../support/an-event.ts'
import { mutateYaml } from '../support/mutate-yaml.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { brokerYaml } from '../support/trigger-yaml.ts'
import { mutateValues } from './mutate-values.ts'
import { VALID_RESOURCES } from './valid-resources.ts'

const BROKER = brokerYaml()
const SERVICES = new Map([['billing', 'http://127.0.0.1:1']])
const EVENTS = [
  anEvent(),
  anEvent({ type: 'a', source: '/a', subject: 'z', sequence: '2147483647' }, '{}'),
  anEvent({ type: 'b', subject: '', sequence: 'x', constructor: 'y' }),
]

/**
 * Reads YAML that is nearly right: each document is Ready, and then can be used, or not, and says
 * why; or the whole text has a fault that names its file.
 * @returns how many resources were Ready and not Ready, and how many faults there were
 * @throws Error with the text for which that is not so
 */
export function fuzzResources(
  seed: number,
  runs: number,
): { ready: number; notReady: number; faults: number } {
  const random = seededRandom(seed)
  const pick = () => VALID_RESOURCES[Math.floor(random() * VALID_RESOURCES.length)] ?? ''
  const seen = { ready: 0, notReady: 0, faults: 0 }
  for (let run = 0; run < runs; run++) {
    const others = random() < 0.5 ? BROKER : pick()
    const mutate = random() < 0.6 ? mutateValues : mutateYaml
    const text = `${mutate(pick(), random)}\n---\n${others}`
    const profile = random() < 0.5 ? 'embedded' : 'kafka'
    try {
      survives(() => readKustomization('fuzz.yaml', text))
      survives(() => readServices('fuzz.yaml', text))
      const { snapshot, faults } = parseResources('fuzz.yaml', text, SERVICES, profile)
      for (const fault of faults) assert.ok(fault.startsWith('fuzz.yaml'), fault)
      check(snapshot)
      const all = [...snapshot.brokers, ...snapshot.triggers]
      const ready = all.filter(({ readiness }) => readiness.ready).length
      seen.ready += ready
      seen.notReady += all.length - ready
      seen.faults += faults.length
    } catch (cause) {
      throw new Error(`Run ${run} of seed ${seed}: ${JSON.stringify(text)}`, { cause })
    }
  }
  assert.equal(Object.keys(Object.prototype).length, 0, 'no prototype was touched')
  return seen
}

/** Runs `read`; anything but a FileFault is a crash. */
function survives(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'FileFault') throw error
  }
}

function check(snapshot: Snapshot): void {
  structuredClone(snapshot)
  JSON.stringify(snapshot)
  for (const { readiness } of [...snapshot.brokers, ...snapshot.triggers]) {
    if (!readiness.ready) assert.match(readiness.message, /\S/)
  }
  const ready = snapshot.triggers.filter(({ readiness }) => readiness.ready)
  for (const trigger of ready) checkDelivery(trigger)
  const index = new FilterIndex(ready)
  for (const event of EVENTS) {
    const passing = ready.filter(({ filters }) => compileFilters(filters)(event))
    assert.deepStrictEqual(index.match(event), passing)
    for (const trigger of ready) {
      const passes = trigger.filters.every((filter) => explain(filter, event).value === true)
      assert.equal(passes, passing.includes(trigger))
    }
  }
}

/** Whether everything that its deliveries need is there. */
function checkDelivery({ subscriber, delivery, maxInFlight, maxHeaderBytes }: Trigger): void {
  assert.ok(parseDestination(subscriber), subscriber)
  const { deadLetterSink, retry, backoffDelayMs, timeoutMs, retryAfterMaxMs } = delivery
  if (deadLetterSink !== undefined) assert.ok(parseDestination(deadLetterSink), deadLetterSink)
  for (const number of [retry, backoffDelayMs, retryAfterMaxMs]) {
    assert.ok(number >= 0 && Number.isSafeInteger(number), `${number}`)
  }
  for (const number of [timeoutMs, maxInFlight, maxHeaderBytes]) {
    assert.ok(number > 0 && Number.isSafeInteger(number), `${number}`)
  }
}
