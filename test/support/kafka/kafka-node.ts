import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatData } from './format-data.ts'
import type { KafkaRuntime } from './kafka-runtime.ts'
import { knownBrokers } from './known-brokers.ts'
import { ProcessGuard } from './process-guard.ts'
import { releasePort, reservePort } from './reserve-port.ts'
import {
  CONTROLLER,
  INTERNAL,
  type Listener,
  type Properties,
  type SecurityProtocol,
  serverProperties,
} from './server-properties.ts'
import { untilStopped } from './until-stopped.ts'

const PLAIN_LISTENERS = {
  PLAINTEXT: 'PLAINTEXT',
  [INTERNAL]: 'PLAINTEXT',
  [CONTROLLER]: 'PLAINTEXT',
} as const
const READY_MS = 60_000
const STOP_MS = 20_000

export interface KafkaNodeOptions {
  /** Lines of server.properties; they win over the defaults. */
  readonly properties?: Properties
  /** `host:port` that clients of PLAINTEXT are told instead of its own: a proxy's. */
  readonly advertised?: string
  /** Of the JVM; `-Xms128m -Xmx512m`. */
  readonly heap?: string
  /** Where its files are kept, also after `close`; by default a temporary folder. */
  readonly folder?: string
  /** More arguments for `StorageTool format`. */
  readonly format?: readonly string[]
  /** More listeners: name to protocol. */
  readonly listeners?: Readonly<Record<string, SecurityProtocol>>
}

/** The place of a node in a cluster of several. */
export interface KafkaMembership {
  readonly id: number
  readonly replicas: number
  /** `id@host:port` of each node's controller; asked for once all ports are known. */
  readonly voters: () => string
}

/**
 * One real Kafka, broker and controller in a JVM of its own, on loopback. Its life can be what a
 * test needs: it is stopped, killed, paused and started again on the same port with the same data.
 * It ends with the process that made it, whatever happens.
 */
export class KafkaNode {
  readonly id: number
  /** What clients of PLAINTEXT connect to, `host:port`. */
  readonly bootstrap: string
  /** Its own port for PLAINTEXT, also where another address is advertised. */
  readonly port: number
  readonly controllerPort: number
  /** Its data, server.properties and server.log. */
  readonly folder: string
  readonly #runtime: KafkaRuntime
  readonly #options: KafkaNodeOptions
  readonly #listeners: readonly Listener[]
  readonly #membership: KafkaMembership | undefined
  readonly #guard: ProcessGuard
  #process: ChildProcess | undefined

  private constructor(
    runtime: KafkaRuntime,
    options: KafkaNodeOptions,
    folder: string,
    listeners: readonly Listener[],
    membership: KafkaMembership | undefined,
  ) {
    this.id = membership?.id ?? 1
    this.folder = folder
    this.port = portOf(listeners, 'PLAINTEXT')
    this.controllerPort = portOf(listeners, CONTROLLER)
    this.bootstrap = options.advertised ?? `127.0.0.1:${this.port}`
    this.#runtime = runtime
    this.#options = options
    this.#listeners = listeners
    this.#membership = membership
    this.#guard = new ProcessGuard(options.folder === undefined ? folder : undefined)
  }

  /** A node with ports and a folder that does not run yet. `close` it. */
  static async prepare(
    runtime: KafkaRuntime,
    options: KafkaNodeOptions = {},
    membership?: KafkaMembership,
  ): Promise<KafkaNode> {
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'sluice-kafka-')))
    await mkdir(folder, { recursive: true })
    const protocols = { ...PLAIN_LISTENERS, ...options.listeners }
    const listeners: Listener[] = []
    for (const [name, protocol] of Object.entries(protocols)) {
      const advertised = name === 'PLAINTEXT' ? options.advertised : undefined
      listeners.push({ name, protocol, port: await reservePort(), advertised })
    }
    return new KafkaNode(runtime, options, folder, listeners, membership)
  }

  /** A running node. `close` it. */
  static async start(runtime: KafkaRuntime, options: KafkaNodeOptions = {}): Promise<KafkaNode> {
    const node = await KafkaNode.prepare(runtime, options)
    try {
      await node.start()
    } catch (error) {
      await node.close()
      throw error
    }
    return node
  }

  /** What clients of that listener connect to, `host:port`. */
  bootstrapOf(listener: string): string {
    return `127.0.0.1:${portOf(this.#listeners, listener)}`
  }

  /** Of its process while it runs, for measurements. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Starts it, with the data that it has. Resolves when it answers. Throws with its log when it ends instead. */
  async start(): Promise<void> {
    await this.launch()
    await this.ready()
  }

  /** Starts its process; resolves before it answers. */
  async launch(jvm: readonly string[] = []): Promise<void> {
    if (this.#process !== undefined) throw new Error(`Kafka node ${this.id} runs already`)
    await this.#prepare()
    const log = await open(this.#file('server.log'), 'a')
    const heap = (this.#options.heap ?? '-Xms128m -Xmx512m').split(' ')
    const args = [...heap, ...jvm, ...this.#runtime.jvm()]
    const child = spawn(
      this.#runtime.java,
      [...args, 'kafka.Kafka', this.#file('server.properties')],
      { stdio: ['ignore', log.fd, log.fd] },
    )
    await log.close()
    this.#process = child
    this.#guard.watch(child.pid)
    child.on('error', () => this.#ended(child))
    child.on('exit', () => this.#ended(child))
  }

  /** Resolves when it is known to itself as a living broker. Throws with its log when it ends instead. */
  async ready(): Promise<void> {
    const deadline = performance.now() + READY_MS
    while (!(await knownBrokers(this.port)).includes(this.id)) {
      if (this.#process === undefined || performance.now() > deadline) {
        const log = await readFile(this.#file('server.log'), 'utf8')
        throw new Error(`Kafka node ${this.id} did not start: ${log.slice(-4000)}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }

  /** Ends it in an orderly way (SIGTERM), its data kept. Resolves when its process is gone. */
  async stop(): Promise<void> {
    const late = setTimeout(() => this.#process?.kill('SIGKILL'), STOP_MS)
    await this.#end('SIGTERM')
    clearTimeout(late)
  }

  /** Ends it at once (SIGKILL), its data kept. Resolves when its process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Starts it again after `kill` or `stop`; stops it first if it runs. */
  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Stops its process (SIGSTOP): connections stay open and nothing answers. Resolves when it stands still. */
  async pause(): Promise<void> {
    const child = this.#process
    if (child?.pid === undefined) throw new Error(`Kafka node ${this.id} does not run`)
    child.kill('SIGSTOP')
    await untilStopped(child.pid)
  }

  /** Lets it go on after `pause`. */
  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Ends it for good and removes its files, except from a folder that was given. */
  async close(): Promise<void> {
    await this.kill()
    if (this.#options.folder === undefined) await rm(this.folder, { recursive: true, force: true })
    this.#guard.close()
    for (const { port } of this.#listeners) releasePort(port)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    child.on('exit', () => resolve())
    child.kill(signal)
    // A paused one takes no other signal than SIGKILL.
    child.kill('SIGCONT')
    await promise
  }

  #ended(child: ChildProcess): void {
    if (this.#process !== child) return
    this.#process = undefined
    this.#guard.watch(undefined)
  }

  /** Writes server.properties, and prepares the data folder where that is new. */
  async #prepare(): Promise<void> {
    const { id, folder } = this
    const voters = this.#membership?.voters() ?? `${id}@127.0.0.1:${this.controllerPort}`
    const replicas = this.#membership?.replicas ?? 1
    const place = { id, folder, listeners: this.#listeners, voters, replicas }
    const properties = this.#file('server.properties')
    await writeFile(properties, serverProperties(place, this.#options.properties ?? {}))
    const args = this.#options.format ?? []
    await formatData(this.#runtime, { id, folder: this.#file('data'), properties, args })
  }

  #file(name: string): string {
    return join(this.folder, name)
  }
}

function portOf(listeners: readonly Listener[], name: string): number {
  const listener = listeners.find((each) => each.name === name)
  if (listener === undefined) throw new Error(`Kafka has no listener ${name}`)
  return listener.port
}
