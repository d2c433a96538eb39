import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { isAlive } from './is-alive.ts'

/**
 * Runs `work` while no other process of this machine holds that lock, a file. A lock whose owner is
 * gone is taken over; of two that do so at the same instant both may work, so what they do must be
 * harmless twice. Throws when the lock is still held after `deadlineMs`.
 */
export async function withLock<Result>(
  file: string,
  deadlineMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + deadlineMs
  while (!(await take(file))) {
    if (performance.now() > deadline) throw new Error(`${file} is still locked; remove it?`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

/** A link appears with its content, so that nobody sees a lock without an owner. */
async function take(file: string): Promise<boolean> {
  const own = `${file}.${process.pid}`
  await writeFile(own, String(process.pid))
  try {
    await link(own, file)
    return true
  } catch {
    const owner = Number(await readFile(file, 'utf8').catch(() => process.pid))
    if (!isAlive(owner)) await rm(file, { force: true })
    return false
  } finally {
    await rm(own, { force: true })
  }
}
