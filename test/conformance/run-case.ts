import { setTimeout as sleep } from 'node:timers/promises'
import type {
  Answer,
  Change,
  ConformanceCase,
  Expectation,
  Step,
  TriggerParts,
} from './conformance-case.ts'
import { fillIn, type Values } from './fill-in.ts'
import { expectedArrivals, judgeAnswers, judgeArrivals } from './judge.ts'
import { brokerResource, type Resource, triggerName, triggerResource } from './resources.ts'
import type { ScriptedSubscribers } from './scripted-subscribers.ts'
import { type IngressAnswer, sendRequest } from './send-request.ts'
import type { ResourceFile, Target } from './target.ts'

export type Triggers = Readonly<Record<string, TriggerParts>>

/** One case in one run: its own token, and the Broker it is on. */
export interface Placed {
  readonly case: ConformanceCase
  readonly token: string
  readonly broker: string
}

const ONE_TRIGGER: Triggers = { main: {} }
const POLL_MS = 10

/** Does what a case says, against a target on which its resources are Ready. */
export class CaseRun {
  readonly #placed: Placed
  readonly #target: Target
  readonly #subscribers: ScriptedSubscribers
  readonly #values: Values
  #triggers: Triggers
  #brokers: NonNullable<Change['brokers']> = {}

  constructor(placed: Placed, target: Target, subscribers: ScriptedSubscribers) {
    const { token, broker } = placed
    const { addresses, authority } = subscribers
    this.#placed = placed
    this.#target = target
    this.#subscribers = subscribers
    this.#triggers = placed.case.triggers ?? ONE_TRIGGER
    this.#values = {
      token,
      broker,
      namespace: target.namespace,
      url: (name) => `${addresses.plain}/${token}/${name}`,
      small: (name) => `${addresses.small}/${token}/${name}`,
      tls: (name) => `${addresses.tls}/${token}/${name}`,
      ca: authority.cert,
      closed: addresses.closed,
    }
    for (const [name, answers] of Object.entries(placed.case.subscribers ?? {})) {
      subscribers.script(this.#path(name), this.#filled<readonly Answer[]>(answers))
    }
  }

  /** Its Triggers, and its Broker where it has one for itself, for {@link Target.apply}. */
  file(): ResourceFile {
    const { token, broker, case: each } = this.#placed
    const { namespace, brokerConfig } = this.#target
    const entries = Object.entries(this.#triggers)
    const brokers = { ...(each.alone && { [broker]: each.broker ?? {} }), ...this.#brokers }
    const resources = [
      ...Object.entries(brokers).map(([name, parts]) =>
        brokerResource(namespace, name, parts, brokerConfig),
      ),
      ...entries.map(([name, parts]) => triggerResource({ token, broker, namespace }, name, parts)),
    ]
    return {
      name: token,
      resources: this.#filled<readonly Resource[]>(resources),
      refused: entries
        .filter(([, { refused }]) => refused)
        .map(([name]) => triggerName(token, name)),
    }
  }

  /**
   * Resolves with what is wrong, a sentence each; nothing when the case has passed. `ready` are the
   * names of the Triggers that are Ready now, where that is known.
   */
  async run(ready: ReadonlySet<string> | undefined): Promise<readonly string[]> {
    const taken = this.file().refused.filter((name) => ready?.has(name))
    if (taken.length > 0) return taken.map((name) => `${name} must not be Ready, and is`)
    const expect = this.#filled(this.#placed.case.expect)
    const answers: IngressAnswer[] = []
    try {
      for (const step of this.#placed.case.send) await this.#step(step, answers)
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)]
    }
    const faults = judgeAnswers(expect, answers)
    if (faults.length > 0) return faults
    await this.#arrived(expect)
    return judgeArrivals(expect, (name) => this.#subscribers.arrivals(this.#path(name)))
  }

  async #step(step: Step, answers: IngressAnswer[]): Promise<void> {
    const { namespace, patience } = this.#target
    if ('apply' in step) {
      this.#triggers = { ...this.#triggers, ...step.apply }
      this.#brokers = { ...this.#brokers, ...step.brokers }
      await this.#target.apply([this.file()])
    } else if ('until' in step) {
      const isThere = await this.#reached(new Map(Object.entries(step.until)))
      if (!isThere) throw new Error(`not there in time: ${JSON.stringify(step.until)}`)
    } else {
      const request = fillIn(step, this.#values, answers.length)
      const path = request.path ?? `${namespace}/${this.#placed.broker}`
      answers.push(await sendRequest(this.#target.ingress(path), request, patience.deadlineMs))
    }
  }

  /** Waits for what must come; then for what must not. */
  async #arrived(expect: Expectation): Promise<void> {
    const { quietMs, absenceMs } = this.#target.patience
    const counts = new Map(
      [...expectedArrivals(expect)].map(([name, expected]) => [name, expected.length]),
    )
    if (counts.size === 0) return
    await this.#reached(counts)
    const isAwaited = [...counts.values()].some((count) => count > 0)
    await sleep(isAwaited ? quietMs : absenceMs)
  }

  async #reached(counts: ReadonlyMap<string, number>): Promise<boolean> {
    const end = performance.now() + this.#target.patience.deadlineMs
    for (;;) {
      const isThere = [...counts].every(
        ([name, count]) => this.#subscribers.arrivals(this.#path(name)).length >= count,
      )
      if (isThere || performance.now() > end) return isThere
      await sleep(POLL_MS)
    }
  }

  #path(name: string): string {
    return `/${this.#placed.token}/${name}`
  }

  #filled<T>(value: T): T {
    return fillIn(value, this.#values, 0)
  }
}
