import { readdir, readFile } from 'node:fs/promises'

const DEADLINE_MS = 5000

/**
 * Resolves when all threads of a process stand still after SIGSTOP, which takes a moment on a busy
 * machine; at once where there is no /proc to ask. Throws after 5 seconds.
 */
export async function untilStopped(pid: number): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!(await isStopped(pid))) {
    if (performance.now() > deadline) throw new Error(`process ${pid} does not stop`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function isStopped(pid: number): Promise<boolean> {
  const tasks = `/proc/${pid}/task`
  const threads = await readdir(tasks).catch(() => [])
  const stats = await Promise.all(
    threads.map((thread) => readFile(`${tasks}/${thread}/stat`, 'utf8').catch(() => ') T')),
  )
  // The state follows the name, which is in parentheses.
  return stats.every((stat) => /\) [TtZX]/.test(stat))
}
