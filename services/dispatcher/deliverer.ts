import type { FailedDelivery } from '#cursors/cursors.ts'
import type { DeadLetter, DeadLetters } from '#dead-letters/dead-letters.ts'
import { deadLetterEvent } from '#delivery/dead-letter-event.ts'
import type { Outcome } from '#delivery/outcome.ts'
import { retryDelayMs } from '#delivery/retry-delay.ts'
import type { DeliveryRequest, SubscriberClient } from '#delivery/subscriber-client.ts'
import type { CloudEvent } from '#events/event.ts'
import type { EventLog, LogRecord } from '#log/event-log.ts'
import { Problem } from '#problems/problem.ts'
import type { SchemaGate } from '#schemas/schema-gate.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Tracing } from '#telemetry/tracing.ts'
import type { Clock } from '#time/clock.ts'
import type { Broker, Trigger } from '#triggers/trigger.ts'
import { answerOf } from './answer-of.ts'
import { hasExpired } from './has-expired.ts'
import type { TriggerMetrics } from './metrics.ts'
import { noteFailure } from './note-failure.ts'
import { withKafkaPosition } from './with-kafka-position.ts'

/** An event that has been answered this often is going round in circles. */
const MAX_HOPS = 255
/** Of a delivery that has not been tried. */
const NOTHING_FAILED: FailedDelivery = {
  phase: 'deliver',
  count: 0,
  attempts: [],
  since: 0,
  delayMs: 0,
}
const STORE_AGAIN_MS = 1000
const STORE_AGAIN_MAX_MS = 60_000
/** How a reply loop is recognised when its dead letter is stored only later. */
const LOOP_ERROR = `The event was answered ${MAX_HOPS} times over: a reply loop`

export interface DelivererParts {
  readonly client: SubscriberClient
  readonly deadLetters: DeadLetters
  readonly log: EventLog
  readonly schemas: SchemaGate
  readonly tracing: Tracing | undefined
  readonly logger: Logger
  readonly clock: Clock
}

/**
 * What follows from one attempt. `ended`: with `failure`, the delivery was given up. `again`: the delivery stays open, and goes on after `delayMs`
 * once `failure` is saved. `interrupted`: this process stopped it, so it does not count.
 */
export type Next =
  | { readonly kind: 'ended'; readonly failure?: FailedDelivery }
  | { readonly kind: 'again'; readonly failure: FailedDelivery }
  | { readonly kind: 'interrupted' }

/** What goes where. */
type Addressed = Pick<DeliveryRequest, 'event' | 'destination' | 'caCerts' | 'acceptReply'>
type Failed = Extract<Outcome, { kind: 'failed' }>

/** Takes one open delivery one step further: to the subscriber, the dead letter sink, or the store. */
export class Deliverer {
  readonly #parts: DelivererParts
  #broker: Broker

  constructor(broker: Broker, parts: DelivererParts) {
    this.#broker = broker
    this.#parts = parts
  }

  /** Replies are checked by the Broker's settings of the moment. */
  set broker(broker: Broker) {
    this.#broker = broker
  }

  /** @throws Error when there is a bug; what a subscriber or a storage does is a value. */
  async step(
    trigger: Trigger,
    record: LogRecord,
    failure: FailedDelivery | undefined,
    metrics: TriggerMetrics,
    signal: AbortSignal,
  ): Promise<Next> {
    const sink = failure?.phase === 'dead-letter' ? trigger.delivery.deadLetterSink : undefined
    // The sink may have been taken away since the delivery was given up.
    if (failure !== undefined && failure.phase !== 'deliver' && sink === undefined) {
      return this.#store(trigger, record, failure, metrics)
    }
    const time = this.#parts.clock.now()
    if (sink === undefined && trigger.compatibility === 'spec' && hasExpired(record.event, time)) {
      return this.#expire(trigger, record, failure ?? NOTHING_FAILED, metrics)
    }
    const sent =
      failure !== undefined && sink !== undefined
        ? await this.#toSink(trigger, record, failure, sink, signal)
        : await this.#toSubscriber(trigger, record, signal)
    const hasReply = sent.kind === 'delivered' && sent.reply !== undefined
    const outcome = hasReply ? await this.#appendReply(record, sent, sent.reply) : sent
    if (outcome.kind === 'failed' && signal.aborted) return { kind: 'interrupted' }
    metrics.attempted(outcome)
    if (outcome.kind === 'failed') {
      const noted = noteFailure(failure, outcome, time, this.#parts.clock.now())
      return this.#afterFailure(trigger, record, noted, outcome, metrics)
    }
    if (sink === undefined) metrics.delivered()
    else metrics.deadLettered('sink')
    return { kind: 'ended' }
  }

  #toSubscriber(trigger: Trigger, record: LogRecord, signal: AbortSignal): Promise<Outcome> {
    const event = trigger.compatibility === 'spec' ? record.event : withKafkaPosition(record)
    return this.#send(
      trigger,
      record,
      {
        event,
        destination: trigger.subscriber,
        caCerts: trigger.subscriberCaCerts,
        acceptReply: true,
      },
      signal,
    )
  }

  #toSink(
    trigger: Trigger,
    record: LogRecord,
    failure: FailedDelivery,
    sink: string,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const event = deadLetterEvent(record.event, {
      destination: trigger.subscriber,
      answer: failure.answer ?? {},
      compatibility: trigger.compatibility,
    })
    const caCerts = trigger.delivery.deadLetterSinkCaCerts
    return this.#send(
      trigger,
      record,
      { event, destination: sink, caCerts, acceptReply: false },
      signal,
    )
  }

  #send(
    trigger: Trigger,
    record: LogRecord,
    { event, destination, caCerts, acceptReply }: Addressed,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { client, tracing } = this.#parts
    const { namespace, attributeEncoding, maxHeaderBytes } = trigger
    const { timeoutMs, format } = trigger.delivery
    const request = {
      destination,
      caCerts,
      event,
      namespace,
      timeoutMs,
      format,
      attributeEncoding,
      maxHeaderBytes,
      acceptReply,
    }
    if (tracing === undefined) return client.deliver({ ...request, trace: record.trace }, signal)
    const span = tracing.startDelivery(record.trace, event, trigger.key, destination)
    return client.deliver({ ...request, trace: span.context }, signal).then((outcome) => {
      if (outcome.kind === 'delivered') span.end()
      else span.end(outcome.error, outcome.status === undefined ? undefined : `${outcome.status}`)
      return outcome
    })
  }

  /** A reply that cannot be stored fails the delivery, which is then retried (Knative Broker specification, "Replies"). */
  async #appendReply(record: LogRecord, outcome: Outcome, reply: CloudEvent): Promise<Outcome> {
    const failed = (error: string): Failed => ({
      kind: 'failed',
      retryable: true,
      durationMs: outcome.durationMs,
      error,
    })
    if (record.hops >= MAX_HOPS) return failed(LOOP_ERROR)
    const violations = this.#parts.schemas.check(reply, this.#broker)
    if (violations.length > 0) {
      return failed(
        `The reply does not match its schema: ${violations[0]?.at} ${violations[0]?.detail}`,
      )
    }
    try {
      const cause = { partition: record.partition, offset: record.offset }
      const trace = record.trace === undefined ? {} : { trace: record.trace }
      await this.#parts.log.append([{ event: reply, hops: record.hops + 1, cause, ...trace }])
      return outcome
    } catch (error) {
      if (error instanceof Problem) return failed(`The reply cannot be stored: ${error.message}`)
      throw error
    }
  }

  async #afterFailure(
    trigger: Trigger,
    record: LogRecord,
    failure: FailedDelivery,
    outcome: Failed,
    metrics: TriggerMetrics,
  ): Promise<Next> {
    const { delivery, compatibility } = trigger
    // The subscriber has the event; what failed is its reply, and it would fail for ever.
    if (outcome.error === LOOP_ERROR) return this.#store(trigger, record, failure, metrics)
    if (outcome.retryable && failure.count <= delivery.retry) {
      metrics.retried()
      const delayMs = retryDelayMs(delivery, failure.count, outcome.retryAfterMs, compatibility)
      return { kind: 'again', failure: { ...failure, delayMs } }
    }
    if (failure.phase === 'deliver' && delivery.deadLetterSink !== undefined) {
      const answer = answerOf(outcome)
      return { kind: 'again', failure: { ...failure, phase: 'dead-letter', count: 0, answer } }
    }
    return this.#store(trigger, record, failure, metrics)
  }

  async #store(
    trigger: Trigger,
    record: LogRecord,
    failure: FailedDelivery,
    metrics: TriggerMetrics,
  ): Promise<Next> {
    const { attempts, phase } = failure
    const error = attempts.at(-1)?.error ?? 'unknown'
    const reason = error === LOOP_ERROR ? 'reply-loop' : 'delivery-failed'
    if (await this.#keep(trigger, record, { reason, error, attempts }, metrics)) {
      return { kind: 'ended', failure }
    }
    const delayMs = phase === 'store' ? failure.delayMs * 2 : STORE_AGAIN_MS
    return this.#keepAgain({ ...failure, phase: 'store' }, delayMs)
  }

  /**
   * Ends a delivery that comes too late. A dead letter sink does not get the event either: nobody
   * is to get it any more, and only a kept one says why. In case it cannot be kept, it is judged
   * again.
   */
  async #expire(
    trigger: Trigger,
    record: LogRecord,
    failure: FailedDelivery,
    metrics: TriggerMetrics,
  ): Promise<Next> {
    const { attempts } = failure
    const error = `Its expirytime, ${record.event.attributes.get('expirytime')}, has passed`
    if (await this.#keep(trigger, record, { reason: 'expired', error, attempts }, metrics)) {
      metrics.cameTooLate()
      return { kind: 'ended' }
    }
    return this.#keepAgain(failure, Math.max(STORE_AGAIN_MS, failure.delayMs * 2))
  }

  /** Stores a dead letter. @returns whether it could be stored */
  async #keep(
    trigger: Trigger,
    record: LogRecord,
    why: Pick<DeadLetter, 'reason' | 'error' | 'attempts'>,
    metrics: TriggerMetrics,
  ): Promise<boolean> {
    const { deadLetters, clock, logger } = this.#parts
    const status = why.attempts.at(-1)?.status
    try {
      await deadLetters.put({
        broker: trigger.broker,
        trigger: trigger.key,
        partition: record.partition,
        offset: record.offset,
        time: clock.now(),
        event: record.event,
        destination: trigger.subscriber,
        ...why,
        ...(status === undefined ? {} : { status }),
      })
      metrics.deadLettered('store')
      return true
    } catch (error) {
      logger.error(
        { err: error, trigger: trigger.key },
        'Dead letter cannot be stored, trying again',
      )
      return false
    }
  }

  #keepAgain(failure: FailedDelivery, delayMs: number): Next {
    const since = this.#parts.clock.now()
    return {
      kind: 'again',
      failure: { ...failure, since, delayMs: Math.min(delayMs, STORE_AGAIN_MAX_MS) },
    }
  }
}
