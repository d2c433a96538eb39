import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Gauge, type Registry } from 'prom-client'

/** A timer that fires this often, for as long as the process runs: more often costs more than it tells. */
const RESOLUTION_MS = 50
const QUANTILES = [50, 99, 100]

/**
 * Adds `sluice_event_loop_delay_seconds`: how long this thread's event loop kept a timer waiting,
 * as quantiles (1 is the longest) since the registry was last read.
 */
export function measureEventLoop(registry: Registry, thread: string): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  new Gauge({
    name: 'sluice_event_loop_delay_seconds',
    help: 'How long the event loop kept a timer waiting, since the last scrape',
    labelNames: ['thread', 'quantile'],
    aggregator: 'max',
    registers: [registry],
    collect() {
      for (const percentile of QUANTILES) {
        const ns = delay.count === 0 ? 0 : delay.percentile(percentile)
        const seconds = Math.max(0, ns / 1e9 - RESOLUTION_MS / 1e3)
        this.set({ thread, quantile: String(percentile / 100) }, seconds)
      }
      delay.reset()
    },
  })
}
