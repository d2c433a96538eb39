import { crc32 } from 'node:zlib'

/** The checksum of one row of a segment: over its records and over what says which records they are. */
export function rowChecksum(
  first: number,
  count: number,
  time: number,
  records: Uint8Array,
): number {
  return crc32(records, crc32(`${first}:${count}:${time}`))
}
