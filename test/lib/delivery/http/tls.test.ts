import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { HttpSubscriberClient } from '#delivery/http/http-subscriber-client.ts'
import type { Outcome } from '#delivery/outcome.ts'
import { systemClock } from '#time/system-clock.ts'
import { anEvent } from '../../../support/an-event.ts'
import { CertificateAuthority, type Certified } from '../../../support/certificate-authority.ts'
import { SELF_SIGNED } from '../../../support/self-signed.ts'

const HOUR_MS = 3_600_000

async function listen(t: Test, certified: Certified) {
  const sockets: TLSSocket[] = []
  const requests: string[] = []
  const server = createServer(certified, (request, response) => {
    requests.push(`${request.headers['ce-id']}`)
    request.resume().on('end', () => response.writeHead(202).end())
  })
  server.on('secureConnection', (socket) => sockets.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, sockets, requests }
}

function setUp(t: Test) {
  const client = new HttpSubscriberClient({ clock: systemClock })
  t.teardown(() => client.close())
  return (port: number, caCerts: string | undefined, host = 'localhost'): Promise<Outcome> =>
    client.deliver(
      {
        destination: `https://${host}:${port}/`,
        caCerts,
        event: anEvent(),
        namespace: 'default',
        timeoutMs: 5000,
        trace: undefined,
        format: 'binary',
        attributeEncoding: 'percent',
        maxHeaderBytes: 8192,
        acceptReply: true,
      },
      new AbortController().signal,
    )
}

const authority = new CertificateAuthority('one')
const another = new CertificateAuthority('another')
const both = another.cert + authority.cert
const good = authority.issue({ commonName: 'subscriber' })
const elsewhere = authority.issue({ commonName: 'elsewhere', hosts: ['elsewhere.example'] })
const expired = authority.issue({ commonName: 'old', notAfter: new Date(Date.now() - HOUR_MS) })

const REFUSED: readonly (readonly [string, Certified, string | undefined, string])[] = [
  ['nobody vouches', good, undefined, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['somebody else vouches', good, another.cert, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['another host', elsewhere, authority.cert, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['expired', expired, authority.cert, 'CERT_HAS_EXPIRED'],
  ['self-signed', SELF_SIGNED, authority.cert, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
]

t.test('a server that is not who it should be gets nothing', async (t) => {
  const deliver = setUp(t)
  for (const [name, certified, caCerts, code] of REFUSED) {
    const { port, requests } = await listen(t, certified)
    for (const time of ['once', 'and again']) {
      t.match(
        await deliver(port, caCerts),
        {
          kind: 'failed',
          retryable: true,
          error: `The connection to localhost:${port} failed (${code})`,
        },
        `${name}, ${time}`,
      )
    }
    t.strictSame(requests, [], name)
  }
})

t.test('CACerts are who may vouch for a destination', async (t) => {
  const deliver = setUp(t)
  for (const [name, certified, caCerts] of [
    ['one', good, authority.cert],
    ['one of several', good, both],
    ['itself', SELF_SIGNED, SELF_SIGNED.cert],
  ] as const) {
    const { port, requests } = await listen(t, certified)
    for (const host of ['localhost', '127.0.0.1']) {
      t.match(await deliver(port, caCerts, host), { kind: 'delivered' }, `${name}, ${host}`)
    }
    t.equal(requests.length, 2, name)
  }
})

t.test('who trusts less uses no connection and no session of who trusts more', async (t) => {
  const deliver = setUp(t)
  const { port, sockets } = await listen(t, good)

  t.match(await deliver(port, authority.cert), { kind: 'delivered' })
  t.match(await deliver(port, another.cert), { kind: 'failed' })
  t.match(await deliver(port, undefined), { kind: 'failed' })
  t.match(await deliver(port, both), { kind: 'delivered' })
  t.match(await deliver(port, authority.cert), { kind: 'delivered' })
  t.equal(sockets.filter((socket) => socket.bytesRead > 0).length, 2, 'one connection each')

  await Promise.all([deliver(port, authority.cert), deliver(port, authority.cert)])
  t.equal(sockets.at(-1)?.isSessionReused(), true, 'a session is resumed by who began it')
})

t.test('what cannot be read fails the delivery, not the process', async (t) => {
  const deliver = setUp(t)
  const { port, requests } = await listen(t, good)
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'

  t.match(await deliver(port, broken), { kind: 'failed', retryable: true })
  t.strictSame(requests, [])
})
