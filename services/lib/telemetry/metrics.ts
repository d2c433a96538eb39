import { AggregatorRegistry, Gauge, Registry } from 'prom-client'
import { measureEventLoop } from './measure-event-loop.ts'

/** One thread's metrics, as `Registry.getMetricsAsJSON()` gives them: plain data that crosses threads. */
export type MetricsPart = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/**
 * A registry for the metrics of one thread. It begins with the delay of the thread's event loop,
 * labelled with `thread`, and what the whole process uses, which is the same from every thread.
 */
export function createRegistry({ thread }: { readonly thread: string }): Registry {
  const registry = new Registry()
  measureEventLoop(registry, thread)
  measureProcess(registry)
  return registry
}

/**
 * The metrics of several threads as one page in Prometheus' text format
 * (`Registry.PROMETHEUS_CONTENT_TYPE`). Values with the same name and labels are added up, unless
 * their metric says otherwise by its `aggregator`.
 */
export function mergeMetrics(parts: readonly MetricsPart[]): Promise<string> {
  return AggregatorRegistry.aggregate([...parts]).metrics()
}

function measureProcess(registry: Registry): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      aggregator: 'max',
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  gauge('process_resident_memory_bytes', 'Resident memory of the process', () =>
    process.memoryUsage.rss(),
  )
  gauge('process_cpu_seconds_total', 'User and system CPU time of the process', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  gauge('process_uptime_seconds', 'Time since the process started', () => process.uptime())
}
