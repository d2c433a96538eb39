import type { Health } from '#http/health.ts'
import type { Readiness, Snapshot } from '#triggers/trigger.ts'
import type { TriggerStatus } from '#triggers/trigger-status.ts'

export interface BannerFacts {
  /** What has started: `Sluice`, or a part of it. */
  readonly name: string
  readonly health: Health
  /** Where events are kept, after "Events are kept in". */
  readonly keptIn: string
  /** Left out where there is no ingress. */
  readonly ingressUrl?: string
  readonly adminUrl: string
  readonly snapshot: Snapshot
  /** Of the Triggers that this process knows more about than the snapshot says. */
  readonly statuses?: readonly TriggerStatus[]
  /** Sample service names with their URLs. */
  readonly samples?: ReadonlyMap<string, string>
  /** What to say about a Broker that is Ready, by its key. */
  readonly places?: ReadonlyMap<string, string>
}

/** What a process prints at its start: the addresses, how every Broker and Trigger is doing, and a line to paste. */
export function banner(facts: BannerFacts): string {
  const { ingressUrl, adminUrl, snapshot, samples = new Map() } = facts
  const lines = ['', headline(facts), '']
  if (ingressUrl !== undefined) lines.push(`  Ingress         ${ingressUrl}/<namespace>/<broker>`)
  lines.push(`  Administration  ${adminUrl}`)
  for (const [name, url] of samples) lines.push(`  Sample          ${url}  (${name})`)
  lines.push('', ...resources(facts))
  const broker = snapshot.brokers.find((each) => each.readiness.ready)
  if (broker !== undefined && ingressUrl !== undefined) {
    lines.push('', 'Try it:', '', ...curl(`${ingressUrl}/${broker.key}`))
  }
  return `${lines.join('\n')}\n\n`
}

function headline({ name, health, keptIn }: BannerFacts): string {
  if (health.state === 'ready') return `${name} is ready. Events are kept in ${keptIn}.`
  const [why] = health.warnings ?? []
  const starting = `${name} is starting: ${keptIn} does not answer yet. It goes on by itself when it does; /readyz says when.`
  return why === undefined ? starting : `${starting}\n${why}`
}

function resources({ snapshot, statuses = [], places }: BannerFacts): readonly string[] {
  const ready = new Map(statuses.map((status) => [status.trigger, status.readiness]))
  const rows = [
    ...snapshot.brokers.map(({ key, readiness }) => ({ kind: 'Broker', key, readiness })),
    ...snapshot.triggers.map(({ key, readiness }) => ({
      kind: 'Trigger',
      key,
      readiness: ready.get(key) ?? readiness,
    })),
  ]
  const width = Math.max(0, ...rows.map((row) => row.key.length))
  return rows.map(({ kind, key, readiness }) => {
    const place = kind === 'Broker' ? places?.get(key) : undefined
    return `  ${kind.padEnd(8)} ${key.padEnd(width)}  ${describe(readiness, place)}`
  })
}

function describe(readiness: Readiness, place: string | undefined): string {
  if (!readiness.ready) return `not Ready: ${readiness.reason}: ${readiness.message}`
  return place === undefined ? 'Ready' : `Ready, ${place}`
}

function curl(url: string): readonly string[] {
  return [
    `  curl -i ${url} -H 'ce-specversion: 1.0' -H "ce-id: $RANDOM-$RANDOM" \\`,
    `    -H 'ce-source: /curl' -H 'ce-type: dev.sluice.task.created' -H 'content-type: application/json' \\`,
    `    -d '{"taskId":"1","title":"Try Sluice","priority":"high","createdAt":"2026-01-01T00:00:00Z"}'`,
  ]
}
