import { parseArgs } from 'node:util'
import type { RemoteOptions } from './folder-target.ts'
import { FAR } from './target.ts'

/** What `npm run conformance -- …` was asked for. */
export interface RunOptions {
  /** `undefined`: a Sluice of its own. */
  readonly remote:
    | (RemoteOptions & {
        /** `undefined` is kubectl. */
        readonly folder: string | undefined
      })
    | undefined
  readonly profile: 'embedded' | 'kafka'
  readonly subscriberHost: string
  /** Begins the ids of the cases to run; all without it. */
  readonly only: readonly string[]
  readonly jsonFile: string | undefined
  readonly junitFile: string | undefined
  /** Under which name the outcomes are kept for docs/conformance.md; `undefined`: not at all. */
  readonly keepAs: string | undefined
  /** Every failure counts, not only that of a MUST. */
  readonly strict: boolean
}

export const USAGE = `npm run conformance                                 a Sluice of its own, embedded
npm run conformance -- --profile kafka              the same on the Kafka that KAFKA_BROKERS names
npm run conformance -- --ingress URL --apply kubectl|folder=DIR --subscriber-host HOST
                                                    any Broker: URL may contain {namespace} and {broker}
  --only ID          cases whose id begins so; may be given several times
  --namespace NAME   where Brokers and Triggers are created; conformance
  --settle SECONDS   how long a change takes to be in force; 3
  --deadline SECONDS how long to wait for an answer, and for what must be delivered; 30
  --json FILE, --junit FILE   the results in these formats
  --docs             keeps the outcomes of a whole run in test/conformance/results/, and writes
                     docs/conformance.md and docs/differences-from-knative.md from all that are kept
  --keep NAME        under which name; sluice or sluice-kafka, and for another Broker knative
  --strict           any failure makes the exit code 1, not only that of a MUST`

/** @throws Error with a sentence for whoever typed it. */
export function readRunOptions(args: readonly string[]): RunOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ingress: { type: 'string' },
      apply: { type: 'string' },
      'subscriber-host': { type: 'string' },
      namespace: { type: 'string', default: 'conformance' },
      settle: { type: 'string', default: '3' },
      deadline: { type: 'string', default: String(FAR.deadlineMs / 1000) },
      profile: { type: 'string', default: 'embedded' },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      junit: { type: 'string' },
      keep: { type: 'string' },
      docs: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
    },
  })
  const { profile, ingress, apply, namespace, docs } = values
  if (profile !== 'embedded' && profile !== 'kafka') {
    throw new Error(`--profile must be embedded or kafka, not ${profile}`)
  }
  if (docs && values.only.length > 0) throw new Error('--docs is for a whole run, without --only')
  const ownName = profile === 'kafka' ? 'sluice-kafka' : 'sluice'
  const settleMs = milliseconds('settle', values.settle)
  const patience = { ...FAR, deadlineMs: milliseconds('deadline', values.deadline) }
  return {
    remote:
      ingress === undefined
        ? undefined
        : { ingress: checkUrl(ingress), folder: folderOf(apply), namespace, settleMs, patience },
    profile,
    subscriberHost: values['subscriber-host'] ?? '127.0.0.1',
    only: values.only,
    jsonFile: values.json,
    junitFile: values.junit,
    keepAs: docs ? (values.keep ?? (ingress === undefined ? ownName : 'knative')) : undefined,
    strict: values.strict,
  }
}

function milliseconds(option: string, text: string): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000
  throw new Error(`--${option} must be a number of seconds, not ${text}`)
}

function checkUrl(text: string): string {
  if (URL.canParse(text.replaceAll(/[{}]/g, ''))) return text
  throw new Error(`--ingress must be a URL, not ${text}`)
}

function folderOf(apply: string | undefined): string | undefined {
  if (apply === 'kubectl') return undefined
  if (apply?.startsWith('folder=')) return apply.slice('folder='.length)
  throw new Error(`--ingress needs --apply kubectl or --apply folder=DIR, not ${apply ?? 'none'}`)
}
