import type { CloudEvent } from '#events/event.ts'
import { eventTooLarge } from '#events/event-too-large.ts'
import { readBatchMembers } from '#events/read-batch-members.ts'
import type { ReadLimits } from '#events/read-limits.ts'
import type { EventOutcome } from '#problems/event-outcome.ts'
import { Problem } from '#problems/problem.ts'
import { MAX_VIOLATIONS } from '#problems/problem-document.ts'
import type { SchemaGate } from '#schemas/schema-gate.ts'
import type { Broker } from '#triggers/trigger.ts'
import { placed } from './check-schemas.ts'
import { dataProblem } from './data-problem.ts'

interface LenientOptions {
  readonly schemas: SchemaGate
  readonly limits: ReadLimits
}

/** A batch of which the good events are taken, whatever is wrong with the others. */
export class LenientBatch {
  /** The good events, in their order. */
  readonly events: readonly CloudEvent[]
  /** One per event of the batch; `undefined` stands for a good one. */
  readonly problems: readonly (Problem | undefined)[]

  private constructor(events: readonly CloudEvent[], problems: readonly (Problem | undefined)[]) {
    this.events = events
    this.problems = problems
  }

  /**
   * Reads a batch, and checks each event by itself: against CloudEvents, its size, and its schema.
   * About 1000 violations of all of them together are kept.
   *
   * @throws Problem where nothing can be said about single events (the body is no JSON array, or
   *   has too many members), and `batch-rejected` with all of them where none is good.
   */
  static read(body: Uint8Array, broker: Broker, options: LenientOptions): LenientBatch {
    const events: CloudEvent[] = []
    const problems: (Problem | undefined)[] = []
    let room = MAX_VIOLATIONS
    for (const member of readBatchMembers(body, options.limits.maxBatchEvents)) {
      const index = problems.length
      const problem =
        member instanceof Problem ? member : checkEvent(member, index, broker, options, room)
      problems.push(problem)
      if (problem !== undefined) room = Math.max(0, room - problem.violations.length)
      else if (!(member instanceof Problem)) events.push(member)
    }
    const batch = new LenientBatch(events, problems)
    if (events.length === 0 && problems.length > 0) throw rejection(batch)
    return batch
  }

  /** What became of each event; `repeats` are the places of the repeats among the good ones. */
  outcomes(repeats: readonly number[]): readonly EventOutcome[] {
    const duplicates = new Set(repeats)
    let place = 0
    return this.problems.map((problem, index) => {
      if (problem !== undefined) return { index, status: 'rejected', problem }
      return { index, status: duplicates.has(place++) ? 'duplicate' : 'accepted' }
    })
  }
}

function checkEvent(
  event: CloudEvent,
  index: number,
  broker: Broker,
  { schemas, limits }: LenientOptions,
  room: number,
): Problem | undefined {
  const tooLarge = eventTooLarge(event, index, limits)
  if (tooLarge !== undefined) return tooLarge
  const violations = schemas.check(event, broker)
  return violations.length === 0 ? undefined : dataProblem(placed(violations, index), room)
}

function rejection(batch: LenientBatch): Problem {
  const [first] = batch.problems
  const detail = `Cannot take any of the ${batch.problems.length} events of the batch; of the first: ${first?.message}`
  return new Problem('batch-rejected', detail, { events: batch.outcomes([]) })
}
