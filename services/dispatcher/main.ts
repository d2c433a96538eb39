import { keepCompiledCode } from '#startup/keep-compiled-code.ts'

keepCompiledCode(process.env)
const { runDispatcher } = await import('./run-dispatcher.ts')
await runDispatcher(process.env)
