import type { DeadLetters } from '#dead-letters/dead-letters.ts'
import type { Attributes } from '#events/event.ts'
import type { PartitionRead, UnreadableRecord } from '#log/event-log.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Clock } from '#time/clock.ts'
import type { DispatcherMetrics } from './metrics.ts'
import { pause } from './pause.ts'
import { untilAborted } from './until-aborted.ts'

const KEEP_AGAIN_MS = 1000

export interface UnreadableRecordsParts {
  readonly broker: string
  readonly deadLetters: DeadLetters
  readonly metrics: DispatcherMetrics
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Keeps what stands in a Broker's log and is no CloudEvent as dead letters, so that somebody sees it. */
export class UnreadableRecords {
  readonly #parts: UnreadableRecordsParts
  #fault: string | undefined

  constructor(parts: UnreadableRecordsParts) {
    this.#parts = parts
  }

  /** Why they cannot be kept. */
  get fault(): string | undefined {
    return this.#fault
  }

  /**
   * Keeps those of a read, however often that takes.
   * @returns false when the signal was aborted before it succeeded
   */
  async keep({ partition, unreadable = [] }: PartitionRead): Promise<boolean> {
    const { broker, metrics, clock, logger, signal } = this.#parts
    const at = { broker, partition, records: unreadable.length, offset: unreadable[0]?.offset }
    while (!signal.aborted) {
      try {
        const puts = unreadable.map((record) => this.#put(partition, record))
        await untilAborted(Promise.all(puts), signal)
        metrics.unreadable(broker, unreadable.length)
        logger.warn(at, 'Records that are no CloudEvents were kept as dead letters')
        this.#fault = undefined
        return true
      } catch (error) {
        if (signal.aborted) return false
        if (this.#fault === undefined)
          logger.error({ ...at, err: error }, 'Records that are no CloudEvents cannot be kept')
        this.#fault = error instanceof Error ? error.message : String(error)
        await pause(KEEP_AGAIN_MS, clock, signal)
      }
    }
    return false
  }

  #put(partition: number, record: UnreadableRecord): Promise<void> {
    const { broker, deadLetters, clock } = this.#parts
    return deadLetters.put({
      broker,
      trigger: '',
      partition,
      offset: record.offset,
      time: clock.now(),
      event: { attributes: knownAttributes(record), data: record.value },
      reason: 'unreadable-record',
      destination: '',
      error: record.reason,
      attempts: [],
    })
  }
}

/** What its headers say: those of the CloudEvents Kafka binding without their prefix, and others that could be attributes. */
function knownAttributes({ headers }: UnreadableRecord): Attributes {
  const attributes = new Map<string, string>()
  for (const [header, value] of headers) {
    const name = header === 'content-type' ? 'datacontenttype' : header.replace(/^ce_/, '')
    // `data` is what JSON format calls the data.
    if (/^[a-z0-9]+$/.test(name) && name !== 'data') attributes.set(name, value)
  }
  return attributes
}
