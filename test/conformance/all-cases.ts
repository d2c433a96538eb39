import { ATTRIBUTES } from './cases/attributes.ts'
import { CESQL } from './cases/cesql.ts'
import { CONTROL_PLANE } from './cases/control-plane.ts'
import { DEAD_LETTERS } from './cases/dead-letters.ts'
import { DELIVERY_CASES } from './cases/delivery.ts'
import { FILTERS } from './cases/filters.ts'
import { HTTP } from './cases/http.ts'
import { INGRESS } from './cases/ingress.ts'
import { JSON_FORMAT } from './cases/json.ts'
import { ORDERING } from './cases/ordering.ts'
import { REPLIES_CASES } from './cases/replies.ts'
import { RETRY } from './cases/retry.ts'
import { TRACE_CASES } from './cases/trace.ts'
import type { ConformanceCase } from './conformance-case.ts'

/** The whole suite by theme, in the order in which it is shown. */
export const THEMES: Readonly<Record<string, readonly ConformanceCase[]>> = {
  Ingress: INGRESS,
  Attributes: ATTRIBUTES,
  'HTTP binding': HTTP,
  'JSON format': JSON_FORMAT,
  'Trace context': TRACE_CASES,
  Filters: FILTERS,
  CESQL,
  Delivery: DELIVERY_CASES,
  Retry: RETRY,
  Replies: REPLIES_CASES,
  'Dead letters': DEAD_LETTERS,
  Order: ORDERING,
  'Control plane': CONTROL_PLANE,
}

export const CASES: readonly ConformanceCase[] = Object.values(THEMES).flat()
