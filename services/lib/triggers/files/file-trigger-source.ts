import { isDeepStrictEqual } from 'node:util'
import type { Cancel, Clock } from '#time/clock.ts'
import type { Profile } from '../profile.ts'
import { type Resources, readResources } from '../resources/read-resources.ts'
import type { ServiceUrls } from '../resources/resolve-destination.ts'
import type { Snapshot } from '../trigger.ts'
import type { TriggerSource } from '../trigger-source.ts'
import { FileFault } from './file-fault.ts'
import { findResources } from './find-resources.ts'
import { readServices } from './read-services.ts'
import { type ReportLogger, ResourceReport } from './resource-report.ts'
import { signatureOf } from './signature-of.ts'
import { Look, UnderstoodFiles } from './understood-files.ts'

const POLL_MS = 250
/** How much sooner the second look comes. */
const UNSETTLED = 5
const START_TRIES = 20
const NO_SERVICES: ServiceUrls = new Map()

export interface FileTriggerSourceOptions {
  /** A folder with a kustomization, or one whose `*.yaml` files all count. */
  readonly eventingDir: string
  /** Service names with their URLs. A file that does not exist names none. */
  readonly servicesFile: string
  /** `kafka`: what Brokers say about Kafka is read and checked, Secrets included; else `embedded`. */
  readonly profile?: Profile
  readonly clock: Clock
  readonly logger?: ReportLogger
  /** How long between two looks at the files. A change counts when the next look, which comes sooner, agrees. */
  readonly pollMs?: number
}

type Signatures = ReadonlyMap<string, string>

/**
 * Reads EVENTING_DIR and SERVICES_FILE, and goes on watching them. Resolves with the first
 * snapshot; faulty Brokers and Triggers are in it, not Ready.
 *
 * @throws FileFault with one line per file that cannot be understood.
 */
export function openFileTriggerSource(
  options: FileTriggerSourceOptions,
): Promise<FileTriggerSource> {
  return FileTriggerSource.open(options)
}

/**
 * Brokers and Triggers from files. A change is taken over whole once it has settled: when two
 * looks in a row have found the same. A file that can no longer be understood keeps what it said
 * before; a file that is gone takes what it said with it; a folder that is gone changes nothing.
 */
export class FileTriggerSource implements TriggerSource {
  readonly #options: FileTriggerSourceOptions
  readonly #report: ResourceReport
  readonly #files = new UnderstoodFiles()
  readonly #listeners = new Set<(snapshot: Snapshot) => void>()
  #snapshot: Snapshot = { brokers: [], triggers: [] }
  #watched: readonly string[] = []
  /** What the files looked like that the snapshot was made of. */
  #taken: Signatures | undefined
  /** What they looked like the last time, when that was something else. */
  #unsettled: Signatures | undefined
  #cancel: Cancel | undefined
  #looking: Promise<void> | undefined
  #closed = false

  private constructor(options: FileTriggerSourceOptions) {
    this.#options = options
    this.#report = new ResourceReport(options.logger)
  }

  /** See `openFileTriggerSource`. */
  static async open(options: FileTriggerSourceOptions): Promise<FileTriggerSource> {
    const source = new FileTriggerSource(options)
    await source.#start()
    return source
  }

  snapshot(): Snapshot {
    return this.#snapshot
  }

  onChange(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel?.()
    await this.#looking
    this.#listeners.clear()
  }

  async #start(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const { look, resources } = await this.#load()
      if (isUnchanged(look.seen) || tries === START_TRIES) {
        if (look.faults.length > 0 || resources === undefined) {
          throw new FileFault(`Cannot read the Brokers and Triggers: ${look.faults.join('\n')}`)
        }
        this.#take(look, resources)
        // Looked at once more, as a file may change twice within one tick of its clock.
        this.#taken = undefined
        return this.#waitForNextLook()
      }
    }
  }

  #waitForNextLook(): void {
    if (this.#closed) return
    const pollMs = this.#options.pollMs ?? POLL_MS
    // Whether a change has come to rest is seen soon: the next one may be on its way already.
    const waitMs = this.#unsettled === undefined ? pollMs : pollMs / UNSETTLED
    this.#cancel = this.#options.clock.after(waitMs, () => {
      this.#looking = this.#lookAgain().then(
        () => this.#waitForNextLook(),
        (error: unknown) => {
          this.#report.broke(error)
          this.#waitForNextLook()
        },
      )
    })
  }

  async #lookAgain(): Promise<void> {
    const now = new Map(this.#watched.map((path) => [path, signatureOf(path)]))
    if (this.#taken !== undefined && contains(this.#taken, now)) {
      this.#unsettled = undefined
      return
    }
    const settled = this.#unsettled !== undefined && contains(this.#unsettled, now)
    this.#unsettled = now
    if (!settled) return
    // Whatever happens with it, it happens once and not at every look.
    this.#taken = now
    const { look, resources } = await this.#load()
    if (this.#closed) return
    if (contains(now, look.seen) && isUnchanged(look.seen)) {
      this.#take(look, resources)
    } else {
      this.#taken = undefined
      this.#unsettled = look.seen
      this.#watched = [...look.seen.keys()]
    }
  }

  async #load(): Promise<{ look: Look; resources: Resources | undefined }> {
    const { eventingDir, servicesFile, profile = 'embedded' } = this.#options
    const look = new Look()
    look.seen.set(servicesFile, signatureOf(servicesFile))
    const isThere = look.seen.get(servicesFile) !== ''
    const services = isThere
      ? await this.#files.read(servicesFile, look, readServices)
      : NO_SERVICES
    const documents = await findResources(eventingDir, look, this.#files)
    return {
      look,
      resources: documents && readResources(documents, services ?? NO_SERVICES, profile),
    }
  }

  #take(look: Look, resources: Resources | undefined): void {
    this.#taken = look.seen
    this.#unsettled = undefined
    this.#watched = [...look.seen.keys()]
    this.#report.tell(look.faults, resources)
    if (resources === undefined) return
    this.#files.keep(look)
    if (isDeepStrictEqual(resources.snapshot, this.#snapshot)) return
    this.#snapshot = resources.snapshot
    for (const listener of this.#listeners) listener(this.#snapshot)
  }
}

/** Whether `all` has every path of `some`, with the same signature. */
function contains(all: Signatures, some: Signatures): boolean {
  for (const [path, signature] of some) {
    if (all.get(path) !== signature) return false
  }
  return true
}

function isUnchanged(seen: Signatures): boolean {
  for (const [path, signature] of seen) {
    if (signatureOf(path) !== signature) return false
  }
  return true
}
