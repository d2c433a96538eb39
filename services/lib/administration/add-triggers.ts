import type { FastifyInstance } from 'fastify'
import type { Broker, Snapshot } from '#triggers/trigger.ts'
import type { TriggerStatus } from '#triggers/trigger-status.ts'

export interface TriggerReader {
  /** How every Trigger is doing in this process. */
  readonly statuses: () => Promise<readonly TriggerStatus[]>
  readonly snapshot: () => Snapshot
}

/** Adds `GET /triggers`: the readiness of every Broker, and how every Trigger is doing. */
export function addTriggers(server: FastifyInstance, { statuses, snapshot }: TriggerReader): void {
  server.get('/triggers', async () => {
    const triggers = (await statuses()).map((each) => ({
      ...each,
      lastError: each.lastError ?? null,
    }))
    return { brokers: snapshot().brokers.map(brokerStatus), triggers }
  })
}

function brokerStatus({ key, origin, readiness, schemas, dedupWindowMs, retention }: Broker) {
  return {
    broker: key,
    ingress: `/${key}`,
    readiness,
    origin,
    schemas,
    dedupWindowMs,
    retention: { ageMs: retention.ageMs, bytes: retention.bytes ?? null },
  }
}
