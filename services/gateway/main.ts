import { keepCompiledCode } from '#startup/keep-compiled-code.ts'

keepCompiledCode(process.env)
const { runGateway } = await import('./run-gateway.ts')
await runGateway(process.env)
