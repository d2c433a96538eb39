import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { Test } from 'tap'
import {
  type FileTriggerSource,
  openFileTriggerSource,
} from '#triggers/files/file-trigger-source.ts'
import type { Profile } from '#triggers/profile.ts'
import type { Snapshot } from '#triggers/trigger.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const POLL_MS = 100
/** A change of known files needs two looks; one that leads to new files, two more. */
export const SETTLED = 4

export interface Files {
  readonly source: FileTriggerSource
  readonly snapshots: Snapshot[]
  /** Message and fields of every line, with ` | ` between them. */
  readonly log: string[]
  write(file: string, text: string): Promise<void>
  path(file: string): string
  /** Looks at the files so many times. */
  look(times: number): Promise<void>
}

export type Tree = Record<string, string>

async function writeTree(folder: string, tree: Tree): Promise<void> {
  for (const [name, text] of Object.entries(tree)) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
}

/** Writes the files and opens them; looks are taken when `look()` says so. */
export async function open(
  t: Test,
  tree: Tree,
  options: { readonly eventingDir?: string; readonly profile?: Profile } = {},
): Promise<Files> {
  const { eventingDir = 'eventing', ...rest } = options
  const folder = t.testdir({ eventing: {} })
  await writeTree(folder, tree)
  const clock = new FakeClock()
  const log: string[] = []
  const snapshots: Snapshot[] = []
  const write = (fields: object, message: string) => {
    const values = Object.values(fields).map((value) =>
      typeof value === 'string' ? value : inspect(value, { depth: null }),
    )
    log.push([message, ...values].join(' | '))
  }
  const source = await openFileTriggerSource({
    eventingDir: join(folder, eventingDir),
    servicesFile: join(folder, 'services.yaml'),
    clock,
    logger: { info: write, warn: write, error: write },
    pollMs: POLL_MS,
    ...rest,
  })
  t.teardown(() => source.close())
  source.onChange((snapshot) => snapshots.push(snapshot))
  const look = async (times: number) => {
    for (let i = 0; i < times; i++) {
      clock.advance(POLL_MS)
      while (clock.pending === 0) await setImmediate()
    }
  }
  return {
    source,
    snapshots,
    log,
    write: (file, text) => writeTree(folder, { [file]: text }),
    path: (file) => join(folder, file),
    look,
  }
}
