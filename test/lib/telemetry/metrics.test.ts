import { setTimeout } from 'node:timers/promises'
import { Counter, Histogram } from 'prom-client'
import t from 'tap'
import { createRegistry, mergeMetrics } from '#telemetry/metrics.ts'

function readSeries(page: string, series: string): number | undefined {
  const line = page.split('\n').find((each) => each.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

t.test('mergeMetrics() adds up counters and histograms, and keeps labels apart', async (t) => {
  const registries = ['gateway', 'dispatcher'].map((thread) => {
    const registry = createRegistry({ thread })
    const registers = [registry]
    const counter = new Counter({ name: 'c_total', help: 'c', labelNames: ['who'], registers })
    counter.inc({ who: 'both' }, 2)
    counter.inc({ who: thread }, 1)
    const histogram = new Histogram({ name: 'h_seconds', help: 'h', buckets: [1, 2], registers })
    histogram.observe(1.5)
    return registry
  })

  const parts = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()))
  const page = await mergeMetrics(structuredClone(parts))

  t.equal(readSeries(page, 'c_total{who="both"}'), 4)
  t.equal(readSeries(page, 'c_total{who="gateway"}'), 1)
  t.equal(readSeries(page, 'h_seconds_bucket{le="1"}'), 0)
  t.equal(readSeries(page, 'h_seconds_bucket{le="2"}'), 2)
  t.equal(readSeries(page, 'h_seconds_sum'), 3)
  t.equal(readSeries(page, 'h_seconds_count'), 2)
  t.match(page, /^# HELP c_total c\n# TYPE c_total counter$/m)
})

t.test('what the process uses counts once, from however many threads', async (t) => {
  const rss = process.memoryUsage.rss()
  const parts = await Promise.all(
    ['a', 'b', 'c'].map((thread) => createRegistry({ thread }).getMetricsAsJSON()),
  )

  const page = await mergeMetrics(parts)

  const bytes = readSeries(page, 'process_resident_memory_bytes') ?? 0
  t.ok(bytes > rss * 0.8 && bytes < rss * 1.5, `${bytes} is about ${rss}`)
  t.ok((readSeries(page, 'process_cpu_seconds_total') ?? 0) > 0)
  t.ok((readSeries(page, 'process_uptime_seconds') ?? 0) > 0)
})

t.test('the delay of the event loop is measured, per thread since the last scrape', async (t) => {
  const registry = createRegistry({ thread: 'gateway' })
  const measured = async () =>
    readSeries(
      await registry.metrics(),
      'sluice_event_loop_delay_seconds{thread="gateway",quantile="1"}',
    )

  for (let round = 0; round < 3; round++) {
    const blockedUntil = performance.now() + 150
    while (performance.now() < blockedUntil);
    await setTimeout(1)
  }
  const delay = (await measured()) ?? 0

  t.ok(delay > 0.06 && delay < 1, `${delay} s`)
  t.equal(await measured(), 0)
})
