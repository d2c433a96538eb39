import type { Snapshot } from '#triggers/trigger.ts'
import type { TriggerStatus } from '#triggers/trigger-status.ts'

export interface BannerFacts {
  readonly ingressUrl: string
  readonly adminUrl: string
  readonly dataDir: string
  readonly snapshot: Snapshot
  readonly statuses: readonly TriggerStatus[]
  /** Sample service names with their URLs, or nothing where they are off. */
  readonly samples: ReadonlyMap<string, string>
}

/** What `npm start` prints: the addresses, how every Broker and Trigger is doing, and a line to paste. */
export function banner(facts: BannerFacts): string {
  const { ingressUrl, adminUrl, dataDir, snapshot, statuses, samples } = facts
  const lines = [
    '',
    `Sluice is ready. Events are kept in ${dataDir}.`,
    '',
    `  Ingress         ${ingressUrl}/<namespace>/<broker>`,
    `  Administration  ${adminUrl}`,
  ]
  for (const [name, url] of samples) lines.push(`  Sample          ${url}  (${name})`)
  lines.push('')
  const ready = new Map(statuses.map((status) => [status.trigger, status.readiness]))
  const rows = [
    ...snapshot.brokers.map((broker) => ({ kind: 'Broker', ...broker })),
    ...snapshot.triggers.map((trigger) => ({
      kind: 'Trigger',
      key: trigger.key,
      readiness: ready.get(trigger.key) ?? trigger.readiness,
    })),
  ]
  const width = Math.max(0, ...rows.map((row) => row.key.length))
  for (const { kind, key, readiness } of rows) {
    const state = readiness.ready ? 'Ready' : `not Ready: ${readiness.reason}: ${readiness.message}`
    lines.push(`  ${kind.padEnd(8)} ${key.padEnd(width)}  ${state}`)
  }
  const broker = snapshot.brokers.find((each) => each.readiness.ready)
  if (broker !== undefined) lines.push('', 'Try it:', '', ...curl(`${ingressUrl}/${broker.key}`))
  return `${lines.join('\n')}\n\n`
}

function curl(url: string): readonly string[] {
  return [
    `  curl -i ${url} -H 'ce-specversion: 1.0' -H "ce-id: $RANDOM-$RANDOM" \\`,
    `    -H 'ce-source: /curl' -H 'ce-type: dev.sluice.task.created' -H 'content-type: application/json' \\`,
    `    -d '{"taskId":"1","title":"Try Sluice","priority":"high","createdAt":"2026-01-01T00:00:00Z"}'`,
  ]
}
