import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lockDataDir } from '#log/sqlite/data-lock.ts'

const LOCK = new URL('../../../../services/lib/log/sqlite/data-lock.ts', import.meta.url).href
const HOLD = `
  const { lockDataDir } = await import(${JSON.stringify(LOCK)})
  try {
    lockDataDir(process.argv[1])
    console.log('locked')
    setInterval(() => {}, 1000)
  } catch (error) {
    console.log(error.message)
  }`

async function hold(dataDir: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOLD, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await once(child.stdout, 'data')
  return { child, said: String(said).trim() }
}

t.test('lockDataDir() refuses a second lock until the first is released', async (t) => {
  const dataDir = join(t.testdir(), 'new')
  const lock = lockDataDir(dataDir)

  t.throws(() => lockDataDir(dataDir), new RegExp(`${dataDir}: process ${process.pid} is using it`))
  lock.release()
  lock.release()
  lockDataDir(dataDir).release()
})

t.test('lockDataDir() refuses a second process until the first is killed', async (t) => {
  const dataDir = t.testdir()
  const { child, said } = await hold(dataDir)
  t.equal(said, 'locked')

  t.throws(() => lockDataDir(dataDir), new RegExp(`process ${child.pid} is using it`))

  child.kill('SIGKILL')
  await once(child, 'exit')
  const lock = lockDataDir(dataDir)
  const second = await hold(dataDir)
  t.match(second.said, new RegExp(`process ${process.pid} is using it. Stop that one first`))
  lock.release()
})

t.test('lockDataDir() says when the folder cannot be used', async (t) => {
  const file = join(t.testdir(), 'file')
  writeFileSync(file, '')
  t.throws(() => lockDataDir(file), /Cannot use the data folder .*file: EEXIST/)
})
