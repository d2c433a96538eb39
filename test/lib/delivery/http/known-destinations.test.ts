import t from 'tap'
import { KnownDestinations } from '#delivery/http/known-destinations.ts'
import { TrustedAuthorities } from '#delivery/http/trusted-authorities.ts'
import { CertificateAuthority } from '../../../support/certificate-authority.ts'

t.test('a destination is read once, and again for other certificates', async (t) => {
  const known = new KnownDestinations()

  const plain = known.find('https://a/x', undefined)
  const one = known.find('https://a/x', 'one')

  t.equal(known.find('https://a/x', undefined), plain)
  t.equal(known.find('https://a/x', 'one'), one)
  t.match(plain, { peer: 'https://a', caCerts: undefined })
  t.match(one, { peer: /^https:\/\/a \S{44}$/, caCerts: 'one' })
  t.equal(known.find('https://a/y', 'one')?.peer, one?.peer, 'another path is the same peer')
  t.not(known.find('https://a/x', 'two')?.peer, one?.peer, 'other certificates are not')
  t.match(known.find('http://a/x', 'one'), { peer: 'http://a', caCerts: undefined })
  t.equal(known.find('ftp://a/', undefined), undefined)
})

t.test('what is known has a bound', async (t) => {
  const known = new KnownDestinations()
  const first = known.find('http://first/', undefined)
  for (let i = 1; i < 1024; i++) known.find('http://a/', `${i}`)
  t.equal(known.find('http://first/', undefined), first, 'as many as there may be')

  known.find('http://another/', undefined)

  t.not(known.find('http://first/', undefined), first, 'forgotten, and read again')
  t.match(known.find('http://first/', undefined), { host: 'first' })

  const authorities = new TrustedAuthorities()
  const pem = new CertificateAuthority().cert
  const context = authorities.with(pem)
  for (let i = 1; i < 64; i++) authorities.with(`${pem}${i}`)
  t.equal(authorities.with(pem), context, 'as many as there may be')
  authorities.with(`${pem}another`)
  t.not(authorities.with(pem), context, 'forgotten, and read again')
})
