import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const TICKS_PER_SECOND = 100
const STOP_MS = 30_000
const KEPT_OUTPUT = 4000

const running = new Set<ChildProcess>()

/** Ends whatever is left, whatever went wrong. */
export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** A process that is measured from outside. */
export class Child {
  readonly #process: ChildProcess
  #output = ''

  private constructor(process: ChildProcess) {
    this.#process = process
    running.add(process)
    process.once('exit', () => running.delete(process))
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output = (this.#output + chunk).slice(-KEPT_OUTPUT)
      })
    }
  }

  /** A script with an environment of its own, and nothing inherited but the way to its tools. */
  static spawn(
    script: string,
    env: Readonly<Record<string, string>>,
    flags: readonly string[] = [],
  ): Child {
    const PATH = process.env['PATH'] ?? ''
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    return new Child(spawn(process.execPath, [...flags, script], { env: { PATH, ...env }, stdio }))
  }

  /** A script of this folder, to talk to by `ask`. */
  static fork(name: string): Child {
    const script = fileURLToPath(new URL(name, import.meta.url))
    return new Child(fork(script, { serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] }))
  }

  get output(): string {
    return this.#output
  }

  get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /** User and system time of all its threads, in microseconds. */
  get cpuMicros(): number {
    return cpuMicros(readFileSync(`/proc/${this.#process.pid}/stat`, 'latin1'))
  }

  /** The same of each kind of thread, by name; of threads that are still there. */
  cpuByThread(): Map<string, number> {
    const tasks = `/proc/${this.#process.pid}/task`
    const total = new Map<string, number>()
    for (const task of readdirSync(tasks)) {
      const stat = readFileSync(`${tasks}/${task}/stat`, 'latin1')
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
      total.set(name, (total.get(name) ?? 0) + cpuMicros(stat))
    }
    return total
  }

  /** Resident now, and at its highest, in MiB. */
  get memory(): { readonly now: number; readonly peak: number } {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'latin1')
    const read = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
    return { now: read('VmRSS'), peak: read('VmHWM') }
  }

  /** The next message that `accept` makes something of. */
  async answer<T>(accept: (message: unknown) => T | undefined): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const listen = (message: unknown) => {
      const accepted = accept(message)
      if (accepted !== undefined) resolve(accepted)
    }
    const fail = () => reject(new Error(`A helper of the benchmark has ended: ${this.#output}`))
    this.#process.on('message', listen)
    this.#process.once('exit', fail)
    try {
      return await promise
    } finally {
      this.#process.off('message', listen)
      this.#process.off('exit', fail)
    }
  }

  send(message: object): void {
    this.#process.send?.(message)
  }

  /** Asks it to end by SIGTERM, and makes it end when it takes too long. */
  async stop(): Promise<void> {
    if (this.hasExited) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    const late = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(late)
  }
}

/** User and system time, from a line of /proc/<pid>/stat. */
function cpuMicros(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6
}
