import { isMainThread, Worker } from 'node:worker_threads'
import { createLogger } from '#telemetry/logger.ts'

// Run by logger.test.ts: two threads that write to one standard output at the same time.
const logger = createLogger({ level: 'info', name: isMainThread ? 'main' : 'thread' })
if (isMainThread) new Worker(new URL(import.meta.url))
for (let i = 0; i < 200; i++) logger.info({ i, filler: 'x'.repeat(1000) }, 'Line')
