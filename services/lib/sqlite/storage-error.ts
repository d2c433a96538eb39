/** SQLite's primary result codes that somebody can do something about. */
const ADVICE: Readonly<Record<number, string>> = {
  5: 'another process holds it; stop that one',
  6: 'another connection holds it; stop that one',
  8: 'make the file and its folder writable',
  10: 'check the disk and its mount',
  11: 'move the file away; a new one is created at the next start',
  13: 'free some disk space',
  14: 'check that the folder exists and is writable',
  26: 'move the file away; a new one is created at the next start',
}

/**
 * The error for a failed use of a database file: what could not be done (`verb`, `object`: "save",
 * "the cursors"), in which file, what SQLite said, and what to do about it.
 */
export function storageError(verb: string, object: string, file: string, cause: unknown): Error {
  const advice = ADVICE[primaryCode(cause)]
  const said = cause instanceof Error ? cause.message : String(cause)
  const remedy = advice === undefined ? '' : ` (${advice})`
  return new Error(`Cannot ${verb} ${object} in ${file}: ${said}${remedy}`, { cause })
}

/** The low byte of SQLite's extended result code, 0 for any other error. */
function primaryCode(cause: unknown): number {
  if (!(cause instanceof Error) || !('errcode' in cause)) return 0
  return typeof cause.errcode === 'number' ? cause.errcode & 0xff : 0
}
