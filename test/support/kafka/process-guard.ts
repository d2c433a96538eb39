import { type ChildProcess, spawn } from 'node:child_process'

/** Reads process ids until its parent is gone, then ends the last one and removes the folder. */
const SCRIPT = `
while read -r line; do pid=$line; done
[ -n "$pid" ] && kill -9 "$pid" 2>/dev/null
[ -n "$1" ] && rm -rf "$1"
`

/**
 * Ends a process and removes its folder when this process is gone, however it went: a test that
 * crashed or was killed leaves no broker behind.
 */
export class ProcessGuard {
  readonly #shell: ChildProcess

  /** @param folder - removed with the process; none where `undefined` */
  constructor(folder: string | undefined) {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, 'sh', folder ?? ''], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // Not of our process group: what ends that one must not end the guard.
      detached: true,
    })
    this.#shell.stdin?.on('error', () => {})
    this.#shell.unref()
  }

  /** From now on it guards this process, or none. */
  watch(pid: number | undefined): void {
    this.#shell.stdin?.write(`${pid ?? ''}\n`)
  }

  /** Ends what it watches, and itself. */
  close(): void {
    this.#shell.stdin?.end()
  }
}
