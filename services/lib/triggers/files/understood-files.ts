import { FileFault } from './file-fault.ts'
import { readText } from './read-text.ts'
import { signatureOf } from './signature-of.ts'

interface Understood {
  readonly text: string | undefined
  /** What was made of the last text that could be understood. */
  readonly value: unknown
  readonly fault: string | undefined
}

/** One look at the files: what was seen, and what was wrong. */
export class Look {
  /** Each file and folder that mattered, with its signature from before it was read. */
  readonly seen = new Map<string, string>()
  readonly faults: string[] = []
  readonly understood = new Map<string, Understood>()
}

/**
 * What was made of each file, so that a file which can no longer be understood counts as it did
 * when it could.
 */
export class UnderstoodFiles {
  #files: ReadonlyMap<string, Understood> = new Map()

  /**
   * What `parse` makes of the file's text. If that throws a FileFault, or the file cannot be read:
   * what it made of it in the last look that was kept, with a fault.
   *
   * @returns `undefined`, with a fault, for a file that is gone or was never understood.
   */
  async read<T>(
    file: string,
    look: Look,
    parse: (file: string, text: string) => T,
  ): Promise<T | undefined> {
    const signature = signatureOf(file)
    look.seen.set(file, signature)
    if (signature === '') {
      look.faults.push(`${file}: does not exist`)
      return undefined
    }
    // One file may be read as two things, a kustomization that lists itself for example.
    const key = `${parse.name} ${file}`
    const understood = await this.#understand(file, parse, this.#files.get(key))
    look.understood.set(key, understood)
    if (understood.fault !== undefined) look.faults.push(understood.fault)
    return understood.value as T | undefined
  }

  /** Makes this look the one that later ones fall back to. */
  keep(look: Look): void {
    this.#files = look.understood
  }

  async #understand(
    file: string,
    parse: (file: string, text: string) => unknown,
    before: Understood | undefined,
  ): Promise<Understood> {
    let text: string | undefined
    try {
      text = await readText(file)
      if (before !== undefined && before.text === text) return before
      return { text, value: parse(file, text), fault: undefined }
    } catch (error) {
      if (!(error instanceof FileFault)) throw error
      return { text, value: before?.value, fault: error.message }
    }
  }
}
