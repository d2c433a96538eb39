import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/**
 * Mounts a disk of `kibibytes` and returns its folder, gone when the test ends; `undefined`
 * where this process may not mount one.
 */
export function smallDisk(t: Test, kibibytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-disk-'))
  const options = ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder]
  try {
    execFileSync('mount', options, { stdio: 'ignore' })
  } catch {
    rmSync(folder, { recursive: true })
    return undefined
  }
  t.teardown(() => {
    execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
    rmSync(folder, { recursive: true })
  })
  return folder
}
