import type { Bench, LoadOptions, Measurement } from './bench.ts'
import type { Target } from './product.ts'

export interface Scale {
  /** How long one measurement takes. */
  readonly durationMs: number
  /** Events before it, so that every thread runs optimised code. */
  readonly warmUp: number
  readonly backlog: number
  readonly stored: number
  readonly starts: number
}

/** So many that a commit carries a good number of events, as under real load. */
const CONNECTIONS = 64
const OPEN_LOOP_CONNECTIONS = 256
/** When the last answer, or the last delivery, is later than this, there was a backlog. */
const BEHIND_MS = 250

export const closedLoop = { connections: CONNECTIONS, depth: 1 }
export const openLoop = { connections: OPEN_LOOP_CONNECTIONS, depth: 1 }

/** What a server under test is warmed up with, and the load that is measured on it. */
export async function measureWarm(
  bench: Bench,
  target: Target,
  scale: Scale,
  options: Omit<LoadOptions, 'durationMs'>,
): Promise<Measurement> {
  const { mode, isDelivered } = options
  await bench.measure(target, { ...closedLoop, mode, isDelivered, events: scale.warmUp })
  return bench.measure(target, { ...options, durationMs: scale.durationMs })
}

/** Whether a load at a rate was answered and delivered as it came. */
export function hasKeptUp(measured: Measurement, scale: Scale): boolean {
  return measured.behindMs < BEHIND_MS && measured.load.elapsedMs < scale.durationMs + BEHIND_MS
}
