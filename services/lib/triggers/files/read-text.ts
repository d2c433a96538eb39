import { readFile, stat } from 'node:fs/promises'
import { FileFault } from './file-fault.ts'

const MAX_FILE_BYTES = 1024 * 1024

/**
 * The text of a file of at most 1 MiB.
 *
 * @throws FileFault for a file that is missing, unreadable, larger, or not UTF-8.
 */
export async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new FileFault(`${file}: is not UTF-8 text`, { cause: error })
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const stats = await stat(file)
    if (!stats.isFile()) throw new FileFault(`${file}: is not a file`)
    if (stats.size <= MAX_FILE_BYTES) {
      const bytes = await readFile(file)
      if (bytes.length <= MAX_FILE_BYTES) return bytes
    }
  } catch (error) {
    if (error instanceof FileFault) throw error
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    throw new FileFault(`${file}: ${reason}`, { cause: error })
  }
  throw new FileFault(`${file}: is larger than 1 MiB`)
}
