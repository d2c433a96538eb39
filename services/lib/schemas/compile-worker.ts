import { parentPort, workerData } from 'node:worker_threads'
import { compileSchemas } from './compile-schemas.ts'

parentPort?.postMessage(compileSchemas(workerData))
