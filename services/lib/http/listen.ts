import type { FastifyInstance } from 'fastify'

/**
 * Starts to listen, and resolves with the server's URL. Port 0 is any free one. An address for all
 * interfaces is shown as `localhost`.
 *
 * @throws Error that names the address and the two settings (`hostSetting`, `portSetting`) to
 *   change, when the address cannot be had.
 */
export async function listen(
  server: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
  [hostSetting, portSetting]: readonly [string, string],
): Promise<string> {
  try {
    await server.listen({ host, port })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const address = `${bracketed(host)}:${port}`
    throw new Error(
      `Cannot listen on ${address}: ${reason(code, error, hostSetting, portSetting)}`,
      {
        cause: error,
      },
    )
  }
  const address = server.server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : port
  const isAny = host === '0.0.0.0' || host === '::' || host === ''
  return `http://${isAny ? 'localhost' : bracketed(host)}:${actual}`
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function reason(code: unknown, error: unknown, hostSetting: string, portSetting: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `the port is taken; end the other program, or set ${portSetting} to another port`
    case 'EACCES':
      return `this user may not use the port; set ${portSetting} to one above 1023`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `this machine does not have the address; set ${hostSetting} to one that it has`
    default:
      return error instanceof Error ? error.message : String(error)
  }
}
