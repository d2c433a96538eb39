import { sqliteCode } from './sqlite-code.ts'

/** SQLite's primary result codes, in the words of whoever has to mend it. */
const SQLITE_FAULTS: Readonly<Record<number, string>> = {
  5: 'another process holds its file',
  8: 'its file is read-only',
  10: 'the disk reports an I/O error',
  11: 'its file is damaged',
  13: 'the disk is full',
  14: 'its file cannot be opened',
  26: 'its file is damaged',
}

const SYSTEM_FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a file stands where its folder should be',
  EEXIST: 'a file stands where its folder should be',
  EACCES: 'its folder is not writable',
  EPERM: 'its folder is not writable',
  EIO: 'the disk reports an I/O error',
}

/** Why storage could not be used, in a few words and without a path, fit for a client's eyes. */
export function describeStorageFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const sqlite = sqliteCode(error)
  if (sqlite !== undefined) return SQLITE_FAULTS[sqlite] ?? error.message
  if ('code' in error && typeof error.code === 'string') {
    return SYSTEM_FAULTS[error.code] ?? error.code
  }
  return error.message
}
