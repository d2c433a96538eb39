import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { yamlOf } from './resources.ts'
import type { Patience, ResourceFile, Target } from './target.ts'

export interface RemoteOptions {
  /** The Brokers' URL, in which `{namespace}` and `{broker}` stand for theirs. */
  readonly ingress: string
  readonly namespace: string
  /** How long after a change it is in force, in milliseconds. */
  readonly settleMs: number
  readonly patience: Patience
}

/** A Broker implementation that reads its resources from a folder, such as a Sluice that runs already. */
export class FolderTarget implements Target {
  readonly name: string
  readonly namespace: string
  readonly brokerConfig = undefined
  readonly patience: Patience
  readonly #options: RemoteOptions
  readonly #folder: string
  readonly #written = new Set<string>()

  constructor(folder: string, options: RemoteOptions) {
    this.name = options.ingress
    this.namespace = options.namespace
    this.patience = options.patience
    this.#options = options
    this.#folder = folder
  }

  ingress(path: string): URL {
    return ingressUrl(this.#options.ingress, path)
  }

  async apply(files: readonly ResourceFile[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    for (const { name, resources } of files) {
      const file = join(this.#folder, `conformance-${name}.yaml`)
      this.#written.add(file)
      await writeFile(`${file}.tmp`, yamlOf(resources))
      await rename(`${file}.tmp`, file)
    }
    await sleep(this.#options.settleMs)
  }

  async readyTriggers(): Promise<undefined> {
    return undefined
  }

  async close(): Promise<void> {
    for (const file of this.#written) await rm(file, { force: true })
  }
}

/** The address of `path`, `<namespace>/<broker>` or anything else; without placeholders, below `pattern`. */
export function ingressUrl(pattern: string, path: string): URL {
  const [namespace = '', broker = ''] = path.split('/')
  if (!pattern.includes('{')) return new URL(`${pattern.replace(/\/$/, '')}/${path}`)
  const base = pattern.replaceAll('{namespace}', namespace).replaceAll('{broker}', broker)
  return new URL(`${base}${path.slice(`${namespace}/${broker}`.length)}`)
}
