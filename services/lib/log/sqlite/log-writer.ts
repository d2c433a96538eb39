import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { SegmentLimits } from './segment-limits.ts'
import type { ToWriterThread, WriterThreadData } from './writer-thread.ts'

export interface LogWriterOptions extends Partial<SegmentLimits> {
  /** Segments stand in `log/<namespace>/<broker>/` below it. Hold its lock: see `lockDataDir`. */
  readonly dataDir: string
}

/** The one thread that writes the logs of all Brokers of a data folder. */
export interface LogWriter {
  /**
   * A port for a `SqliteEventLogs`, in this thread or, transferred, in another one.
   * All clients share the writer.
   */
  connect(): MessagePort
  /** Resolves when all files are closed. Clients that are still connected lose it. */
  close(): Promise<void>
}

const MIB = 1024 * 1024

/**
 * Starts the thread that writes. Two of them on one folder would destroy each other's logs.
 * If the thread ever dies of a bug, the process does too, by an uncaught exception.
 */
export function startLogWriter(options: LogWriterOptions): LogWriter {
  const workerData: WriterThreadData = {
    dataDir: options.dataDir,
    segmentBytes: options.segmentBytes ?? 64 * MIB,
    segmentAgeMs: options.segmentAgeMs ?? 60 * 60 * 1000,
    minFreeBytes: options.minFreeBytes ?? 32 * MIB,
  }
  const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), {
    workerData,
    name: 'log-writer',
  })
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const tell = (message: ToWriterThread, transfer: MessagePort[] = []) =>
    worker.postMessage(message, transfer)
  return {
    connect() {
      const { port1, port2 } = new MessageChannel()
      tell({ kind: 'connect', port: port1 }, [port1])
      return port2
    },
    async close() {
      tell({ kind: 'close' })
      await exited
    },
  }
}
