import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EVENT_SCHEMA, EVENT_TYPE } from './event-request.ts'

/** Writes what the product reads into a folder of its own: a Broker, no Trigger, the schema, no services. */
export function writeInputs(dir: string, brokerYaml: string): void {
  mkdirSync(join(dir, 'eventing'))
  mkdirSync(join(dir, 'schemas', EVENT_TYPE), { recursive: true })
  writeFileSync(join(dir, 'schemas', EVENT_TYPE, '1.json'), JSON.stringify(EVENT_SCHEMA))
  writeFileSync(join(dir, 'services.yaml'), '{}\n')
  writeFileSync(join(dir, 'eventing', 'broker.yaml'), brokerYaml)
}

/** The environment that leads there. */
export function inputsOf(dir: string): Readonly<Record<string, string>> {
  return {
    EVENTING_DIR: join(dir, 'eventing'),
    SCHEMAS_DIR: join(dir, 'schemas'),
    SERVICES_FILE: join(dir, 'services.yaml'),
  }
}

export interface BenchTriggers {
  readonly broker: string
  /** Only the first one matches. */
  readonly count: number
  readonly subscriber: string
  /** `sluice.dev/start` */
  readonly start: string
}

/** Replaces the Triggers. */
export function writeTriggers(dir: string, triggers: BenchTriggers): void {
  const documents = Array.from({ length: triggers.count }, (_, i) => triggerYaml(triggers, i))
  const file = join(dir, 'eventing', 'triggers.yaml')
  // Another process may be reading it.
  writeFileSync(`${file}.tmp`, documents.join('---\n'))
  renameSync(`${file}.tmp`, file)
}

function triggerYaml({ broker, subscriber, start }: BenchTriggers, at: number): string {
  return `apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: trigger-${at}
  annotations:
    sluice.dev/start: ${start}
spec:
  broker: ${broker}
  filters:
    - exact:
        type: ${at === 0 ? EVENT_TYPE : `dev.sluice.bench.other${at}`}
  subscriber:
    uri: ${subscriber}
`
}
