import t from 'tap'
import { closeDeadlineMs } from '#startup/close-deadline.ts'

t.test('closing may take the grace period of requests, that of deliveries, and a minute', (t) => {
  t.equal(closeDeadlineMs('PT2M'), 5 * 60_000)
  t.end()
})
