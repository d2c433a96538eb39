import type { Resource } from './resources.ts'

/** Resources that are written together, and later replaced together. */
export interface ResourceFile {
  /** Without an extension; unique in the run. */
  readonly name: string
  readonly resources: readonly Resource[]
  /** Names of its Triggers that will not become Ready, and may be refused. */
  readonly refused: readonly string[]
}

/** The system that is judged: where events go, and how Brokers and Triggers get there. */
export interface Target {
  /** Shown above the results. */
  readonly name: string
  /** Where everything is created. */
  readonly namespace: string
  /** For every Broker's `spec.config`. */
  readonly brokerConfig: Readonly<Record<string, string>> | undefined
  /** How long to wait for what should come, and for what should not. */
  readonly patience: Patience
  ingress(path: string): URL
  /**
   * Creates or replaces what is in these files. Resolves when the Triggers are Ready, but for those
   * that are to be refused.
   */
  apply(files: readonly ResourceFile[]): Promise<void>
  /** The names of the Triggers that are Ready; `undefined` where that cannot be known. */
  readyTriggers(): Promise<ReadonlySet<string> | undefined>
  /** Removes everything again. */
  close(): Promise<void>
}

/** In milliseconds. */
export interface Patience {
  /** For an answer of the ingress, and for the requests that must come. */
  readonly deadlineMs: number
  /** For one request too many, after all that must come are there. */
  readonly quietMs: number
  /** For any request where none may come. */
  readonly absenceMs: number
}

export const NEAR: Patience = { deadlineMs: 10_000, quietMs: 150, absenceMs: 700 }
export const FAR: Patience = { deadlineMs: 30_000, quietMs: 1000, absenceMs: 3000 }
