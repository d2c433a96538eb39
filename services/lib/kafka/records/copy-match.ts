/**
 * Writes `length` bytes at `at` that repeat those `distance` before, which may reach into the bytes
 * that are being written: that is how both LZ formats tell a run.
 * @throws RangeError when they begin before the output or do not fit
 */
export function copyMatch(out: Buffer, at: number, distance: number, length: number): number {
  const from = at - distance
  const end = at + length
  if (distance === 0 || from < 0 || end > out.length)
    throw new RangeError('a copy is out of bounds')
  if (distance >= length && length > 16) out.copyWithin(at, from, from + length)
  else for (let to = at; to < end; to++) out[to] = out[to - distance] ?? 0
  return end
}
