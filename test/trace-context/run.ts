import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TraceContextService } from './trace-context-service.ts'

/** Runs the service for the W3C's harness until a signal comes. */
const dir = await mkdtemp(join(tmpdir(), 'sluice-trace-context-'))
const service = await TraceContextService.start(dir, Number(process.argv[2] ?? 5000))
process.stdout.write(`The service for the W3C's harness runs. In another terminal:

  git clone https://github.com/w3c/trace-context && cd trace-context/test
  pip install aiohttp
  SPEC_LEVEL=2 STRICT_LEVEL=2 python3 test.py ${service.url}
`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await service.close()
    await rm(dir, { recursive: true, force: true })
  })
}
