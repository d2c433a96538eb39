import { keepCompiledCode } from '#startup/keep-compiled-code.ts'

keepCompiledCode(process.env)
const { runStandalone } = await import('./run-standalone.ts')
await runStandalone(process.env)
