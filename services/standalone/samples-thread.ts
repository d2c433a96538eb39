import { parentPort, workerData } from 'node:worker_threads'
import { createLogger } from '#telemetry/logger.ts'
import { startSamples } from '../samples/start-samples.ts'
import { answerCalls } from './calls.ts'

/** What the main thread hands to the samples'. */
export interface SamplesThreadData {
  /** Service names with their URLs. */
  readonly urls: Readonly<Record<string, string>>
  /** The Broker's ingress. */
  readonly sink: string
  readonly logLevel: string
}

if (parentPort === null) throw new TypeError('This file is the entry of a worker thread')
const { urls, sink, logLevel } = workerData as SamplesThreadData
const logger = createLogger({ level: logLevel, name: 'samples' })
const addresses = Object.fromEntries(
  Object.entries(urls).map(([name, url]) => [name, new URL(url)]),
)
const samples = startSamples({ urls: addresses, sink, logger })

answerCalls(parentPort, {
  started: async () => {
    await samples
  },
  close: async () => {
    await (await samples).close()
  },
})
