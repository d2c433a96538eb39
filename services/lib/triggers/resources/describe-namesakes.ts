import { eventsTopic } from '#kafka/topic-names.ts'
import type { Readiness } from '../trigger.ts'
import type { Drafts } from './by-key.ts'
import type { BrokerDraft } from './read-broker.ts'

/**
 * Topics and groups are named `…<namespace>-<name>`, as Knative does it, so that the Brokers `a/b-c`
 * and `a-b/c` would share theirs, cursors included. Neither is Ready then.
 *
 * @returns what it makes of each of them, by key.
 */
export function describeNamesakes(
  brokers: ReadonlyMap<string, Drafts<BrokerDraft>>,
): ReadonlyMap<string, Readiness> {
  const groups = new Map<string, string[]>()
  for (const key of brokers.keys()) {
    const topic = eventsTopic(key, undefined)
    groups.set(topic, [...(groups.get(topic) ?? []), key])
  }
  const found = new Map<string, Readiness>()
  for (const [topic, keys] of groups) {
    if (keys.length === 1) continue
    const message = `the topics and groups of the Brokers ${keys.join(' and ')} would have the same names, such as ${topic}: rename one`
    for (const key of keys) found.set(key, { ready: false, reason: 'SameTopic', message })
  }
  return found
}
