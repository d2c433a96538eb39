import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ProcessGuard } from './kafka/process-guard.ts'
import { startFlags } from './start-flags.ts'

/** What can be started: `npm start`, `npm run start:gateway`, `npm run start:dispatcher`. */
const MAINS = {
  standalone: '../../services/standalone/main.ts',
  gateway: '../../services/gateway/main.ts',
  dispatcher: '../../services/dispatcher/main.ts',
} as const
const READY_MS = 40_000

export interface SluiceOptions {
  /** Which process; `standalone` unless something else is said. The others need `PROFILE=kafka`. */
  readonly role?: keyof typeof MAINS
  /** A folder for all of its files; kept between starts. Several processes may share one. */
  readonly dir: string
  /** YAML of Brokers and Triggers. */
  readonly eventing: string
  /** File names in the schemas folder, with their contents. */
  readonly schemas?: Readonly<Record<string, string>>
  /** More environment variables. */
  readonly env?: Readonly<Record<string, string>>
}

/** A real `npm start`, or one of the processes that share a Kafka, on ports of its own. */
export class SluiceProcess {
  readonly child: ChildProcess
  readonly dir: string
  readonly role: keyof typeof MAINS
  output = ''
  /** Empty for a dispatcher, which has none. */
  ingressUrl = ''
  adminUrl = ''

  private constructor(child: ChildProcess, dir: string, role: keyof typeof MAINS) {
    this.child = child
    this.dir = dir
    this.role = role
    const keep = (chunk: Buffer) => {
      this.output = (this.output + chunk.toString()).slice(-200_000)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    // A test that is killed leaves no process behind.
    const guard = new ProcessGuard(undefined)
    guard.watch(child.pid)
    child.once('exit', () => {
      guard.watch(undefined)
      guard.close()
    })
  }

  /**
   * Resolves when it has printed its addresses: it is ready then, unless its Kafka does not answer.
   * Throws with its output when it ends instead.
   */
  static async start(options: SluiceOptions): Promise<SluiceProcess> {
    const { role = 'standalone', dir, env = {} } = options
    await writeFiles(options)
    const main = fileURLToPath(new URL(MAINS[role], import.meta.url))
    const child = spawn(process.execPath, [...startFlags(role), main], {
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        ADMIN_PORT: '0',
        SAMPLES: 'off',
        LOG_LEVEL: 'warn',
        DATA_DIR: join(dir, 'data'),
        EVENTING_DIR: join(dir, 'eventing'),
        SCHEMAS_DIR: join(dir, 'schemas'),
        SERVICES_FILE: join(dir, 'services.yaml'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const sluice = new SluiceProcess(child, dir, role)
    await sluice.#ready()
    return sluice
  }

  /** Replaces the YAML, as an editor that saves by renaming does. */
  async writeEventing(yaml: string): Promise<void> {
    await replaceFile(join(this.dir, 'eventing', 'all.yaml'), yaml)
  }

  async get(path: string): Promise<Response> {
    return fetch(`${this.adminUrl}${path}`)
  }

  /** Asks the administration until `holds`; at most `deadlineMs`. */
  async until(
    path: string,
    holds: (body: string) => boolean,
    deadlineMs = 10_000,
  ): Promise<string> {
    const end = performance.now() + deadlineMs
    for (;;) {
      const body = await this.get(path).then(
        (response) => response.text(),
        (error) => String(error),
      )
      if (holds(body)) return body
      if (performance.now() > end)
        throw new Error(`Never happened at ${path}: ${body.slice(0, 2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }

  /** Stops all of its threads where they are, as a long pause of its machine would, until `resume`. */
  pause(): void {
    this.child.kill('SIGSTOP')
  }

  resume(): void {
    this.child.kill('SIGCONT')
  }

  /** Ends it by a signal, also where it is paused. @returns its exit code, or null where the signal ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode
    const ended = once(this.child, 'exit')
    this.child.kill(signal)
    this.child.kill('SIGCONT')
    const [code] = await ended
    return code
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + READY_MS
    for (;;) {
      this.ingressUrl = /Ingress +(http:\/\/[^/\s]+)/.exec(this.output)?.[1] ?? ''
      this.adminUrl = /Administration +(http:\/\/[^/\s]+)/.exec(this.output)?.[1] ?? ''
      const hasIngress = this.ingressUrl !== '' || this.role === 'dispatcher'
      if (hasIngress && this.adminUrl !== '') return
      if (this.child.exitCode !== null || performance.now() > deadline) {
        this.child.kill('SIGKILL')
        throw new Error(`Sluice did not start: ${this.output}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

async function writeFiles({ dir, eventing, schemas = {}, env = {} }: SluiceOptions): Promise<void> {
  await mkdir(join(dir, 'eventing'), { recursive: true })
  await mkdir(join(dir, 'schemas'), { recursive: true })
  await replaceFile(join(dir, 'eventing', 'all.yaml'), eventing)
  await replaceFile(join(dir, 'services.yaml'), env['SERVICES'] ?? '{}\n')
  for (const [name, text] of Object.entries(schemas)) {
    const file = join(dir, 'schemas', name)
    await mkdir(join(file, '..'), { recursive: true })
    await replaceFile(file, text)
  }
}

/** As one step, and not at all where nothing changes: another process may be reading the file. */
async function replaceFile(file: string, text: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return
  await writeFile(`${file}.tmp`, text)
  await rename(`${file}.tmp`, file)
}
