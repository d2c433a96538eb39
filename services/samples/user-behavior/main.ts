import { pino } from 'pino'
import { runSample } from '../run-sample.ts'
import { createUserBehavior } from './app.ts'

await runSample(createUserBehavior(pino({ name: 'user-behavior' })), process.env)
