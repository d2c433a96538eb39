import { Registry } from 'prom-client'
import { Agent, request } from 'undici'
import type { CloudEvent } from '#events/event.ts'
import type { EventLog, EventLogs, LogRecord, NewRecord, Position } from '#log/event-log.ts'
import { MemoryEventLogs } from '#log/memory/memory-event-logs.ts'
import type { Problem } from '#problems/problem.ts'
import type { SchemaGate } from '#schemas/schema-gate.ts'
import { createLogger } from '#telemetry/logger.ts'
import type { Clock } from '#time/clock.ts'
import { systemClock } from '#time/system-clock.ts'
import { DEFAULT_KAFKA_SETTINGS } from '#triggers/resources/default-kafka-settings.ts'
import type { Broker, Snapshot } from '#triggers/trigger.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../../services/gateway/app.ts'

export function aBroker(overrides: Partial<Broker> = {}): Broker {
  const [namespace = '', name = ''] = (overrides.key ?? 'default/default').split('/')
  return {
    key: 'default/default',
    namespace,
    name,
    origin: { file: 'broker.yaml', line: 1 },
    readiness: { ready: true },
    schemas: 'enforce',
    unknownTypes: 'accept',
    dedupWindowMs: 300_000,
    retention: { ageMs: 7 * 86_400_000, bytes: undefined },
    kafka: DEFAULT_KAFKA_SETTINGS,
    ...overrides,
  }
}

/** The logs in memory, whose every call a test can hold up or let fail. */
export class ControlledLogs implements Pick<EventLogs, 'open'> {
  readonly logs: MemoryEventLogs
  /** Called before each append; what it throws is the append's failure. */
  beforeAppend: (records: readonly NewRecord[]) => void | Promise<void> = () => {}
  beforeOpen: (broker: string) => void | Promise<void> = () => {}
  beforeRead: () => void | Promise<void> = () => {}
  refusal: Problem | undefined
  fault: string | undefined
  appends = 0

  constructor(clock: Clock = systemClock, partitions = 1) {
    this.logs = new MemoryEventLogs({ clock, partitions })
  }

  async open(...args: Parameters<EventLogs['open']>): Promise<EventLog> {
    await this.beforeOpen(args[0])
    const log = await this.logs.open(...args)
    return new Proxy(log, {
      get: (target, name) => {
        if (name === 'refusal') return () => this.refusal ?? target.refusal()
        if (name === 'fault') return () => this.fault
        if (name === 'append') {
          return async (records: readonly NewRecord[]): Promise<readonly Position[]> => {
            this.appends += 1
            await this.beforeAppend(records)
            return await target.append(records)
          }
        }
        if (name === 'read') {
          return async (...read: Parameters<EventLog['read']>) => {
            await this.beforeRead()
            return await target.read(...read)
          }
        }
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  /** Everything in a Broker's log. */
  async records(broker = 'default/default'): Promise<readonly LogRecord[]> {
    const log = await this.logs.open(broker, aBroker().retention)
    const options = { maxBytes: 1e9, waitMs: 0, signal: new AbortController().signal }
    const bounds = await log.bounds()
    const from = bounds.map(({ partition, start }) => ({ partition, offset: start }))
    const reads = await log.read(from, options)
    return reads.flatMap(({ records }) => records)
  }
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** The body as a problem, without `instance`. */
  readonly problem: { readonly type?: string; readonly detail?: string; violations?: unknown }
}

type Headers = Readonly<Record<string, string | string[]>>

/** A gateway on a free port, with the logs in memory and its log lines kept. */
export class TestGateway {
  readonly logs: ControlledLogs
  readonly registry = new Registry()
  readonly lines: string[] = []
  readonly gateway: Gateway
  readonly #agent = new Agent({ connections: 64 })
  readonly #listeners = new Set<(snapshot: Snapshot) => void>()
  #snapshot: Snapshot
  url = ''

  constructor(
    options: Partial<GatewayOptions> & { brokers?: readonly Broker[]; logs?: ControlledLogs } = {},
  ) {
    const { brokers = [aBroker()], logs = new ControlledLogs(), ...rest } = options
    this.logs = logs
    this.#snapshot = { brokers, triggers: [] }
    const accept: SchemaGate = { check: () => [] }
    this.gateway = createGateway({
      triggers: {
        snapshot: () => this.#snapshot,
        onChange: (listener) => {
          this.#listeners.add(listener)
          return () => this.#listeners.delete(listener)
        },
      },
      schemas: accept,
      tracing: undefined,
      registry: this.registry,
      logger: createLogger({
        level: 'info',
        name: 'gateway',
        destination: { write: (line) => void this.lines.push(line) },
      }),
      clock: systemClock,
      limits: { maxEventBytes: 64 * 1024, maxBatchEvents: 10 },
      host: '127.0.0.1',
      port: 0,
      storage: 'own',
      ...rest,
      logs,
    })
  }

  async start(): Promise<this> {
    this.url = await this.gateway.start()
    return this
  }

  get port(): number {
    const address = this.gateway.server.server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  change(brokers: readonly Broker[]): void {
    this.#snapshot = { brokers, triggers: [] }
    for (const listener of this.#listeners) listener(this.#snapshot)
  }

  async send(
    method: string,
    path: string,
    headers: Headers = {},
    body: string | Buffer | null = null,
  ): Promise<Answer> {
    const response = await request(`http://127.0.0.1:${this.port}${path}`, {
      method: method as 'POST',
      headers: { ...headers },
      body,
      dispatcher: this.#agent,
    })
    const text = await response.body.text()
    const isJson = String(response.headers['content-type']).includes('json')
    const { instance, ...problem } = isJson ? JSON.parse(text) : {}
    return { status: response.statusCode, headers: response.headers, body: text, problem }
  }

  /** An event in binary mode. */
  async publish(attributes: Readonly<Record<string, string>> = {}, data = '{}'): Promise<Answer> {
    return await this.send('POST', '/default/default', binaryHeaders(attributes), data)
  }

  async stop(graceMs = 1000): Promise<void> {
    await this.gateway.stop(graceMs)
    await this.#agent.destroy()
    await this.logs.logs.close()
  }
}

/** The headers of a valid event in binary mode; `null` leaves one away. */
export function binaryHeaders(
  attributes: Readonly<Record<string, string | null>> = {},
): Record<string, string> {
  const all: Record<string, string | null> = {
    specversion: '1.0',
    id: '1',
    source: '/test',
    type: 'test.event',
    ...attributes,
  }
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  for (const [name, value] of Object.entries(all)) if (value !== null) headers[`ce-${name}`] = value
  return headers
}

export function structured(attributes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    specversion: '1.0',
    id: '1',
    source: '/test',
    type: 'test.event',
    ...attributes,
  })
}

export const STRUCTURED = { 'content-type': 'application/cloudevents+json' }
export const BATCH = { 'content-type': 'application/cloudevents-batch+json' }

/** Resolves once `condition` holds, or fails after two seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 2000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it did not come true within 2 seconds')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export function attribute(record: { readonly event: CloudEvent } | undefined, name: string) {
  return record?.event.attributes.get(name)
}
