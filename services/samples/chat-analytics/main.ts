import { pino } from 'pino'
import { runSample } from '../run-sample.ts'
import { createChatAnalytics } from './app.ts'

await runSample(createChatAnalytics(pino({ name: 'chat-analytics' })), process.env)
