import { pino } from 'pino'
import { runSample } from '../run-sample.ts'
import { createTaskAnalytics } from './app.ts'

await runSample(createTaskAnalytics(pino({ name: 'task-analytics' })), process.env)
