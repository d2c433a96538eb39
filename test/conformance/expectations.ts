import type { DeliveryExpectation, Expectation } from './conformance-case.ts'

/** What an event has to be refused with for what it is. */
export const REFUSED = refused(400)

/** An answer with one of these statuses, and nothing delivered. */
export function refused(...statuses: readonly number[]): Expectation {
  return { answer: { status: statuses }, delivered: { main: [] } }
}

/** Accepted, and exactly these requests at `main`, the only Trigger's subscriber. */
export function delivered(...requests: readonly DeliveryExpectation[]): Expectation {
  return { delivered: { main: requests } }
}
