import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import {
  cpuByThreadOf,
  cpuMicrosOf,
  type Measurable,
  type Memory,
  memoryOf,
} from './process-usage.ts'

const STOP_MS = 30_000
const KEPT_OUTPUT = 4000

const running = new Set<ChildProcess>()

/** Ends whatever is left, whatever went wrong. */
export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** A process that is measured from outside. */
export class Child implements Measurable {
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

  /** A script of this folder, to talk to by `send` and `answer`. */
  static fork(name: string, flags: readonly string[] = []): Child {
    const script = fileURLToPath(new URL(name, import.meta.url))
    const stdio: ['ignore', 2, 2, 'ipc'] = ['ignore', 2, 2, 'ipc']
    return new Child(fork(script, { serialization: 'advanced', stdio, execArgv: [...flags] }))
  }

  get output(): string {
    return this.#output
  }

  get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  get cpuMicros(): number {
    return cpuMicrosOf(this.pid)
  }

  /** By kind of thread. */
  cpuByPart(): ReadonlyMap<string, number> {
    return cpuByThreadOf(this.pid)
  }

  get memory(): Memory {
    return memoryOf(this.pid)
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

  /** Ends it by SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.hasExited) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
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
