import { cpuMicrosOf, type Measurable, type Memory, memoryOf } from '../process-usage.ts'

/** A process by the name that the table calls it by. */
export interface NamedProcess {
  readonly name: string
  readonly pid: number
  /** Whether its memory is Sluice's. */
  readonly isSluice: boolean
}

/** Several processes measured as one: the CPU of all, by name, and the memory of Sluice's own. */
export class ProcessGroup implements Measurable {
  readonly #processes: readonly NamedProcess[]

  constructor(processes: readonly NamedProcess[]) {
    this.#processes = processes
  }

  get cpuMicros(): number {
    return this.#processes.reduce((sum, { pid }) => sum + cpuMicrosOf(pid), 0)
  }

  cpuByPart(): ReadonlyMap<string, number> {
    const parts = new Map<string, number>()
    for (const { name, pid } of this.#processes) {
      parts.set(name, (parts.get(name) ?? 0) + cpuMicrosOf(pid))
    }
    return parts
  }

  get memory(): Memory {
    const each = this.#processes.filter(({ isSluice }) => isSluice).map(({ pid }) => memoryOf(pid))
    return {
      now: each.reduce((sum, { now }) => sum + now, 0),
      peak: each.reduce((sum, { peak }) => sum + peak, 0),
    }
  }
}
