import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import type { Cursors } from '#cursors/cursors.ts'
import { MemoryCursors } from '#cursors/memory/memory-cursors.ts'
import { MemoryDeadLetters } from '#dead-letters/memory/memory-dead-letters.ts'
import type { Outcome } from '#delivery/outcome.ts'
import type { DeliveryRequest, SubscriberClient } from '#delivery/subscriber-client.ts'
import type { EventLog, EventLogs, NewRecord, Position, ReadOptions } from '#log/event-log.ts'
import { MemoryEventLogs } from '#log/memory/memory-event-logs.ts'
import type { SchemaGate } from '#schemas/schema-gate.ts'
import { DEFAULT_KAFKA_SETTINGS } from '#triggers/resources/default-kafka-settings.ts'
import type { Broker, Snapshot, Trigger } from '#triggers/trigger.ts'
import { Dispatcher } from '../../services/dispatcher/dispatcher.ts'
import type { DispatcherParts } from '../../services/dispatcher/dispatcher-parts.ts'
import { anEvent } from '../support/an-event.ts'
import { FakeClock } from '../support/fake-clock.ts'
import type { HandGroup } from '../support/hand-group.ts'

export const BROKER = 'default/default'

export function aBroker(overrides: Partial<Broker> = {}): Broker {
  return {
    key: BROKER,
    namespace: 'default',
    name: 'default',
    origin: { file: 'broker.yaml', line: 1 },
    readiness: { ready: true },
    schemas: 'enforce',
    unknownTypes: 'accept',
    dedupWindowMs: 0,
    retention: { ageMs: 7 * 24 * 60 * 60 * 1000, bytes: undefined },
    kafka: DEFAULT_KAFKA_SETTINGS,
    ...overrides,
  }
}

export function aTrigger(name: string, overrides: Partial<Trigger> = {}): Trigger {
  const trigger = {
    key: `default/${name}`,
    namespace: 'default',
    name,
    broker: BROKER,
    origin: { file: 'trigger.yaml', line: 1 },
    readiness: { ready: true },
    filters: [],
    subscriber: `http://${name}/`,
    subscriberCaCerts: undefined,
    delivery: {
      retry: 0,
      backoffPolicy: 'linear',
      backoffDelayMs: 1000,
      timeoutMs: 1000,
      retryAfterMaxMs: 60_000,
      deadLetterSink: undefined,
      deadLetterSinkCaCerts: undefined,
      format: 'binary',
    },
    order: 'unordered',
    maxInFlight: 64,
    maxHeaderBytes: 8192,
    attributeEncoding: 'percent',
    compatibility: 'spec',
    start: 'latest',
    paused: false,
    spec: {},
    ...overrides,
  } as const satisfies Trigger
  return { ...trigger, spec: { filters: trigger.filters, subscriber: trigger.subscriber } }
}

export const succeed: Outcome = { kind: 'delivered', status: 200, durationMs: 1, reply: undefined }

export function fail(status = 500, retryable = true): Outcome {
  return { kind: 'failed', retryable, status, durationMs: 1, error: `Answered ${status}` }
}

/** A subscriber client in a test's hand: every request is seen, and answered as the test says. */
export class HandClient implements SubscriberClient {
  readonly requests: DeliveryRequest[] = []
  answer: (request: DeliveryRequest) => Outcome | Promise<Outcome> = () => succeed

  async deliver(request: DeliveryRequest, signal: AbortSignal): Promise<Outcome> {
    this.requests.push(request)
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const abort = () => resolve(fail())
    signal.addEventListener('abort', abort)
    try {
      return await Promise.race([this.answer(request), promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  async close(): Promise<void> {}

  /** Ids of the events that were sent to a Trigger's subscriber, in order. */
  idsTo(name: string): readonly string[] {
    return this.requests
      .filter((request) => request.destination === `http://${name}/`)
      .map((request) => String(request.event.attributes.get('id')))
  }
}

/** What outlives a dispatcher: the storage, the clock, and the world outside. */
export class World {
  readonly clock = new FakeClock()
  readonly logs: MemoryEventLogs
  readonly cursors = new MemoryCursors()
  readonly deadLetters = new MemoryDeadLetters()
  readonly client = new HandClient()
  schemas: SchemaGate = { check: () => [] }
  /** Called before each read of the log; what it throws, the read throws. */
  reading: (position: Position, options: ReadOptions) => void | Promise<void> = () => {}

  /** Who shares the partitions, under the test's control; without it, the first has all. */
  group: HandGroup | undefined
  /** What Triggers showed of their progress, and what showing it runs into. */
  readonly progress: { trigger: string; positions: readonly Position[] }[] = []
  publishing: () => Promise<void> = async () => {}
  /** Where Knative's dispatcher left Triggers. */
  readonly knativeGroups = new Map<string, readonly Position[]>()

  readonly #watched = new WeakMap<EventLog, EventLog>()

  constructor(partitions = 1) {
    this.logs = new MemoryEventLogs({ clock: this.clock, partitions })
  }

  log(): Promise<EventLog> {
    return this.logs.open(BROKER, aBroker().retention)
  }

  async append(...ids: readonly string[]): Promise<void> {
    await this.appendRecords(ids.map((id) => ({ event: anEvent({ id }), hops: 0 })))
  }

  async appendRecords(records: readonly NewRecord[]): Promise<void> {
    await (await this.log()).append(records)
  }

  dispatcher(...triggers: readonly Trigger[]): Promise<Dispatcher> {
    return this.dispatcherWith(this.cursors, ...triggers)
  }

  async dispatcherWith(cursors: Cursors, ...triggers: readonly Trigger[]): Promise<Dispatcher> {
    const dispatcher = new Dispatcher(this.parts(cursors))
    await dispatcher.apply(this.snapshot(...triggers))
    return dispatcher
  }

  parts(cursors: Cursors = this.cursors): DispatcherParts {
    const logs: EventLogs = {
      open: async (broker, retention) => this.watched(await this.logs.open(broker, retention)),
      close: () => this.logs.close(),
    }
    return {
      logs,
      cursors,
      deadLetters: this.deadLetters,
      client: this.client,
      schemas: this.schemas,
      tracing: undefined,
      registry: new Registry(),
      logger: pino({ level: 'silent' }),
      clock: this.clock,
      graceMs: 0,
    }
  }

  /** The log, whose reads go through `reading` first; the same for the same log. */
  watched(log: EventLog): EventLog {
    const watched = this.#watched.get(log) ?? this.#watch(log)
    this.#watched.set(log, watched)
    return watched
  }

  #watch(log: EventLog): EventLog {
    return {
      append: (records) => log.append(records),
      refusal: () => log.refusal(),
      fault: () => log.fault(),
      read: async (from, options) => {
        for (const position of from) await this.reading(position, options)
        return log.read(from, options)
      },
      bounds: () => log.bounds(),
      offsetsAt: (timeMs) => log.offsetsAt(timeMs),
      markAt: (position) => log.markAt(position),
      recognises: (position, mark) => log.recognises(position, mark),
      join: (owner) => this.group?.join(owner) ?? log.join(owner),
      publishProgress: async (trigger, positions) => {
        this.progress.push({ trigger, positions })
        await this.publishing()
      },
      knativeProgress: async (trigger) => this.knativeGroups.get(trigger) ?? [],
      release: (position) => log.release(position),
      close: () => log.close(),
    }
  }

  snapshot(...triggers: readonly Trigger[]): Snapshot {
    return { brokers: [aBroker()], triggers }
  }

  /** Lets everything that is under way come to rest, with the saves that wait for their 50 ms. */
  async settle(): Promise<void> {
    for (let i = 0; i < 4; i++) {
      await delay(1)
      this.clock.advance(50)
    }
    await delay(1)
  }

  /** Waits until something holds; real time, at most five seconds. */
  async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const deadline = performance.now() + 5000
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`Never happened: ${what}`)
      await delay(1)
      this.clock.advance(50)
    }
  }
}
