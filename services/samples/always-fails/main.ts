import { pino } from 'pino'
import { runSample } from '../run-sample.ts'
import { createAlwaysFails } from './app.ts'

await runSample(createAlwaysFails(pino({ name: 'always-fails' })), process.env)
