import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Runs `work` while no other process of this machine holds `folder` as its lock. A lock whose
 * owner is gone is taken over. Throws when it is still held after `deadlineMs`.
 */
export async function withFolderLock<Result>(
  folder: string,
  deadlineMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + deadlineMs
  while (!(await take(folder))) {
    if (performance.now() > deadline) throw new Error(`${folder} is still locked; remove it?`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  try {
    return await work()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function take(folder: string): Promise<boolean> {
  try {
    await mkdir(folder)
    await writeFile(join(folder, 'pid'), String(process.pid))
    return true
  } catch {
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => ''))
    if (pid > 0 && !isAlive(pid)) await rm(folder, { recursive: true, force: true })
    return false
  }
}

/** Whether a process of this machine has that id. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
