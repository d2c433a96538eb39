import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/**
 * Runs a script in a process of its own until it has printed `lines` lines, kills it with SIGKILL,
 * and resolves to everything that it had printed by then.
 */
export async function runUntilKilled(
  script: URL,
  args: readonly string[],
  lines: number,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [script.pathname, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const printed: string[] = []
  const output = createInterface({ input: child.stdout })
  output.on('line', (line) => {
    printed.push(line)
    if (printed.length === lines) child.kill('SIGKILL')
  })
  const [, signal] = await once(child, 'close')
  if (signal !== 'SIGKILL') throw new Error(`${script.pathname} ended by itself`)
  return printed
}
