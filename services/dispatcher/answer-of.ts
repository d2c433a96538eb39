import type { FailedAnswer } from '#delivery/failed-answer.ts'
import type { Outcome } from '#delivery/outcome.ts'

/** What a dead letter sink is told about the last answer. */
export function answerOf(outcome: Extract<Outcome, { kind: 'failed' }>): FailedAnswer {
  return {
    ...(outcome.status === undefined ? {} : { status: outcome.status }),
    ...(outcome.responseData === undefined
      ? {}
      : { dataBase64: Buffer.from(outcome.responseData).toString('base64') }),
    ...(outcome.responseExtensions === undefined ? {} : { extensions: outcome.responseExtensions }),
  }
}
