import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { createAlwaysFails } from './always-fails/app.ts'
import { createChatAnalytics } from './chat-analytics/app.ts'
import { createSystemMetrics } from './system-metrics/app.ts'
import { createTaskAnalytics } from './task-analytics/app.ts'
import { createTodo } from './todo/app.ts'
import { createUserBehavior } from './user-behavior/app.ts'

export interface SamplesOptions {
  /** Service names with their URLs. Only those of samples at a loopback address are served. */
  readonly urls: Readonly<Record<string, URL>>
  /** The ingress of the Broker that `todo` publishes to. */
  readonly sink: string
  readonly logger: FastifyBaseLogger
}

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * Serves every sample at its URL.
 * @throws Error that names the address that is taken; nothing is left listening then.
 */
export async function startSamples(options: SamplesOptions): Promise<{ close(): Promise<void> }> {
  const { urls, sink, logger } = options
  const samples: Readonly<Record<string, (log: FastifyBaseLogger) => FastifyInstance>> = {
    todo: (log) => createTodo(log, { url: sink, extensions: {} }),
    'task-analytics': createTaskAnalytics,
    'chat-analytics': createChatAnalytics,
    'user-behavior': createUserBehavior,
    'system-metrics': createSystemMetrics,
    'always-fails': createAlwaysFails,
  }
  // Fastify says at `info` where it listens; whoever names the URLs knows.
  const level = logger.level === 'info' ? 'warn' : logger.level
  const apps: FastifyInstance[] = []
  const close = async () => {
    await Promise.all(apps.map((app) => app.close()))
  }
  for (const [name, create] of Object.entries(samples)) {
    const url = urls[name]
    if (url === undefined || !LOOPBACK.has(url.hostname)) continue
    const app = create(logger.child({ sample: name }, { level }))
    apps.push(app)
    try {
      await listen(app, url)
    } catch (error) {
      await close()
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`Cannot start the sample ${name} at ${url.host}: ${reason}`, { cause: error })
    }
  }
  logger.info({ samples: apps.length }, 'Sample services started')
  return { close }
}

async function listen(app: FastifyInstance, url: URL): Promise<void> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  await app.listen({ host, port: Number(url.port || 80) })
}
