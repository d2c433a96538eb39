import { pino } from 'pino'
import { runSample } from '../run-sample.ts'
import { createSystemMetrics } from './app.ts'

await runSample(createSystemMetrics(pino({ name: 'system-metrics' })), process.env)
