import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { CountingSubscriber } from '../support/counting-subscriber.ts'
import { SluiceProcess } from '../support/sluice-process.ts'
import { SteadyLoad } from '../support/steady-load.ts'
import { brokerYaml, triggerYaml } from '../support/trigger-yaml.ts'

const LIMIT_MIB = 16

t.test(
  'retention-bytes, and a Ready Trigger that needs it all: 503, and nothing lost',
  async (t) => {
    const subscriber = await CountingSubscriber.start()
    t.teardown(() => subscriber.close())
    subscriber.hold('/slow')
    const trigger = (name: string, annotations?: string) =>
      triggerYaml({
        name,
        subscriber: `{uri: "${subscriber.url}${name}"}`,
        ...(annotations === undefined ? {} : { annotations }),
      })
    const eventing = [
      brokerYaml({ annotations: `sluice.dev/retention-bytes: ${LIMIT_MIB}Mi` }),
      trigger('fast'),
      trigger('slow'),
      trigger('paused', 'sluice.dev/paused: "true"'),
    ].join('---\n')
    const dir = t.testdir()
    const sluice = await SluiceProcess.start({ dir, eventing })
    t.teardown(() => sluice.stop())
    const data = JSON.stringify({ text: 'x'.repeat(4 * 1024) })
    const load = new SteadyLoad({
      url: `${sluice.ingressUrl}/default/default`,
      perSecond: 1000,
      event: (n) => ({ attributes: { id: `${n}`, type: 'test' }, data }),
    })
    const mebibytes = () => {
      const out = execFileSync('du', ['-sk', join(dir, 'data', 'log')]).toString()
      return Math.round(Number.parseInt(out, 10) / 1024)
    }

    await load.until('it is full', () => load.refusal !== undefined)
    t.equal(load.refusal?.status, 503)
    t.match(load.refusal?.retryAfter, /^[1-9]\d*$/)
    t.match(load.refusal?.body, /\/problems\/over-capacity/)
    t.match(load.refusal?.body, /it is full/)
    await delay(3000)
    const whenFull = load.acknowledged.size
    const mostMib = mebibytes()
    t.ok(mostMib <= LIMIT_MIB + 8, `${mostMib} MiB on disk`)
    await load.until('the fast Trigger has all there is', () =>
      [...load.acknowledged].every((id) => subscriber.at('/fast').has(id)),
    )

    subscriber.letGo()
    const letGo = performance.now()
    await load.until('events are taken again', () => load.acknowledged.size > whenFull + 10_000)
    const recoveredMs = Math.round(performance.now() - letGo)
    await load.stop()
    await sluice.until('/triggers', isIdle, 30_000)

    const all = [...load.acknowledged]
    t.comment({
      acknowledged: all.length,
      whenFull,
      refused: Object.fromEntries(load.refused),
      recoveredMs,
      mebibytes: { whenFull: mostMib, atTheEnd: mebibytes() },
      duplicates: subscriber.duplicates('/slow') + subscriber.duplicates('/fast'),
    })
    t.same([...load.refused.keys()], [503])
    for (const path of ['/fast', '/slow']) {
      t.same(
        all.filter((id) => !subscriber.at(path).has(id)),
        [],
        `${path}: all that was acknowledged`,
      )
      t.equal(subscriber.duplicates(path), 0)
    }
    t.ok(mebibytes() <= LIMIT_MIB + 8, `${mebibytes()} MiB on disk`)
    t.equal(subscriber.at('/paused').size, 0)
    t.notMatch(
      await (await sluice.get('/metrics')).text(),
      /sluice_expired_undelivered_total\{[^}]*trigger="default\/(fast|slow)"[^}]*\} [1-9]/,
    )
  },
)

/** The paused one stands, and holds nothing back. */
function isIdle(body: string): boolean {
  const { triggers } = JSON.parse(body) as {
    triggers: { open: number; lag: number; paused: boolean }[]
  }
  return triggers.every(({ open, lag, paused }) => paused || (open === 0 && lag === 0))
}
