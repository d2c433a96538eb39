import { pino } from 'pino'
import { readSink } from '../read-sink.ts'
import { runSample } from '../run-sample.ts'
import { createTodo } from './app.ts'

await runSample(createTodo(pino({ name: 'todo' }), readSink(process.env)), process.env)
