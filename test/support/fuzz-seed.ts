/** The seed that FUZZ_SEED names, to run again what failed; else `seed`. Say it where it fails. */
export function fuzzSeed(seed: number): number {
  return Number(process.env['FUZZ_SEED'] ?? seed)
}
