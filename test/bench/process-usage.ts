import { readdirSync, readFileSync } from 'node:fs'

/** Resident memory now, and at its highest, in MiB. */
export interface Memory {
  readonly now: number
  readonly peak: number
}

/** What processes have used so far, seen from outside. */
export interface Measurable {
  /** User and system time of all threads, in microseconds. */
  readonly cpuMicros: number
  /** The same of each part, by name: kinds of threads, or processes. */
  cpuByPart(): ReadonlyMap<string, number>
  readonly memory: Memory
}

const TICKS_PER_SECOND = 100

/** User and system time of all threads of a process, in microseconds. */
export function cpuMicrosOf(pid: number): number {
  return cpuMicros(readFileSync(`/proc/${pid}/stat`, 'latin1'))
}

/** The same of each kind of thread, by name; of threads that are still there. */
export function cpuByThreadOf(pid: number): Map<string, number> {
  const tasks = `/proc/${pid}/task`
  const total = new Map<string, number>()
  for (const task of readdirSync(tasks)) {
    const stat = readFileSync(`${tasks}/${task}/stat`, 'latin1')
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    total.set(name, (total.get(name) ?? 0) + cpuMicros(stat))
  }
  return total
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const read = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
  return { now: read('VmRSS'), peak: read('VmHWM') }
}

/** User and system time, from a line of /proc/<pid>/stat. */
function cpuMicros(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6
}
