import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteCode } from './sqlite-code.ts'

/** A data folder that is this process's alone. */
export interface DataLock {
  /** Gives the folder to the next process. The end of the process does it too, however it ends. */
  release(): void
}

const SQLITE_BUSY = 5

/**
 * Takes the data folder for this process, and makes it when it is new. An SQLite file in it is
 * held by an exclusive transaction, that is by a lock of the kernel, which dies with its process;
 * the number of the process stands beside it only for the message.
 *
 * @throws Error when another process, or another lock of this one, has the folder; and when it
 *   cannot be made or written.
 */
export function lockDataDir(dataDir: string): DataLock {
  const folder = resolve(dataDir)
  const holder = join(folder, 'lock.pid')
  const db = openLock(folder)
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (sqliteCode(error) !== SQLITE_BUSY) throw unusable(folder, error)
    throw new Error(
      `Cannot use the data folder ${folder}: ${readHolder(holder)} is using it. ` +
        'Stop that one first, or set DATA_DIR to another folder',
      { cause: error },
    )
  }
  try {
    writeFileSync(holder, `${process.pid}\n`)
  } catch {
    // On a full disk the lock holds all the same.
  }
  let isHeld = true
  return {
    release() {
      if (!isHeld) return
      isHeld = false
      rmSync(holder, { force: true })
      db.close()
    },
  }
}

function openLock(folder: string): DatabaseSync {
  try {
    mkdirSync(folder, { recursive: true })
    return new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 })
  } catch (error) {
    throw unusable(folder, error)
  }
}

function unusable(folder: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new Error(
    `Cannot use the data folder ${folder}: ${reason}. ` +
      'Make it writable, or set DATA_DIR to another folder',
    { cause },
  )
}

function readHolder(file: string): string {
  try {
    return `process ${readFileSync(file, 'utf8').trim()}`
  } catch {
    return 'another process'
  }
}
