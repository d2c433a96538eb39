// The yardstick: a Fastify server that reads the body and answers 202. Run by run.ts.
import { fastify } from 'fastify'

const server = fastify({ bodyLimit: 1024 * 1024 })
server.removeAllContentTypeParsers()
server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
server.post('/*', (_request, reply) => {
  reply.code(202).send()
})
server.get('/readyz', (_request, reply) => {
  reply.send('ready')
})
await server.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) })
process.on('SIGTERM', () => process.exit(0))
