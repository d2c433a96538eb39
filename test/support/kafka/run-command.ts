import { spawn } from 'node:child_process'

export interface CommandOutput {
  /** The exit code; null when a signal or the deadline ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, or kills it after `deadlineMs`. Rejects when it cannot be started. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { input = '', deadlineMs = 60_000 }: { input?: string; deadlineMs?: number } = {},
): Promise<CommandOutput> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandOutput>()
  const child = spawn(command, args)
  const deadline = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk) => stdout.push(chunk))
  child.stderr.on('data', (chunk) => stderr.push(chunk))
  child.on('error', reject)
  child.on('close', (code) => {
    resolve({
      code,
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
    })
  })
  // A program may end without having read all of its input.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  try {
    return await promise
  } finally {
    clearTimeout(deadline)
  }
}
