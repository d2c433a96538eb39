import t from 'tap'
import { runUntilKilled } from '../../../support/run-until-killed.ts'
import { idOf, KEEP, readAll } from '../event-log.suite.ts'
import { startSqlite } from './start-sqlite.ts'

const SCRIPT = new URL('./append-until-killed.ts', import.meta.url)

t.test('whatever was acknowledged is there after kill -9, at its offset', async (t) => {
  const dataDir = t.testdir()
  const acknowledged = new Map<number, string>()
  for (const [run, lines] of [200, 777, 1500].entries()) {
    for (const line of await runUntilKilled(SCRIPT, [dataDir, `${run}`], lines)) {
      // A line is one write, which the kill does not cut.
      const [offset, id] = line.split(' ')
      if (acknowledged.has(Number(offset))) t.fail(`offset ${offset} is used twice`)
      acknowledged.set(Number(offset), id!)
    }
    const { logs, stop } = startSqlite(t, { dataDir })
    const log = await logs.open('demo/default', KEEP)
    const records = await readAll(log)
    await stop()

    const found = new Map(records.map((record) => [record.offset, idOf(record)]))
    const lost = [...acknowledged].filter(([offset, id]) => found.get(offset) !== id)
    t.same(lost, [])
    t.equal(found.size, records.length)
    const whole = records.every(({ event }) => {
      const id = String(event.attributes.get('id'))
      return Buffer.from(event.data!).equals(Buffer.alloc(event.data!.length, id))
    })
    t.ok(whole, 'every record is whole')
  }
  t.ok(acknowledged.size > 2000)
})
