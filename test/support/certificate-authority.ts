import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

export interface Certified {
  /** PEM, PKCS #8. */
  readonly key: string
  /** PEM. */
  readonly cert: string
}

export interface CertificateRequest {
  readonly commonName: string
  /** Names and IPv4 addresses it is good for; `localhost` and `127.0.0.1` where left out. */
  readonly hosts?: readonly string[]
  /** When it ends; in a day where left out. */
  readonly notAfter?: Date
}

const HOUR_MS = 3_600_000
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'))
const COMMON_NAME = oid('550403')
const SUBJECT_ALT_NAME = oid('551d11')
const BASIC_CONSTRAINTS = oid('551d13')
const TRUE = tlv(0x01, Buffer.from([0xff]))

/** Makes certificates that who trusts `cert` accepts. Good for tests only. X.509 v3, RFC 5280. */
export class CertificateAuthority {
  /** PEM. */
  readonly cert: string
  readonly #name: string
  readonly #key: KeyObject

  constructor(name = 'Sluice test CA') {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#name = name
    this.#key = privateKey
    const isAuthority = sequence(BASIC_CONSTRAINTS, TRUE, octets(sequence(TRUE)))
    this.cert = this.#certify(name, publicKey, isAuthority, dayFromNow())
  }

  /** A key and its certificate. */
  issue({ commonName, hosts, notAfter = dayFromNow() }: CertificateRequest): Certified {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const names = (hosts ?? ['localhost', '127.0.0.1']).map(generalName)
    const extension = sequence(SUBJECT_ALT_NAME, octets(sequence(...names)))
    return {
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      cert: this.#certify(commonName, publicKey, extension, notAfter),
    }
  }

  #certify(name: string, key: KeyObject, extension: Buffer, notAfter: Date): string {
    const body = sequence(
      tlv(0xa0, tlv(0x02, Buffer.from([2]))),
      tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
      ECDSA_WITH_SHA256,
      distinguishedName(this.#name),
      sequence(time(new Date(Date.now() - 24 * HOUR_MS)), time(notAfter)),
      distinguishedName(name),
      key.export({ type: 'spki', format: 'der' }),
      tlv(0xa3, sequence(extension)),
    )
    const signature = tlv(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, this.#key)]))
    const base64 = sequence(body, ECDSA_WITH_SHA256, signature).toString('base64')
    const lines = base64.match(/.{1,64}/g) ?? []
    return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
  }
}

function dayFromNow(): Date {
  return new Date(Date.now() + 24 * HOUR_MS)
}

function distinguishedName(commonName: string): Buffer {
  const attribute = sequence(COMMON_NAME, tlv(0x0c, Buffer.from(commonName)))
  return sequence(tlv(0x31, attribute))
}

function generalName(host: string): Buffer {
  const isAddress = /^\d+(?:\.\d+){3}$/.test(host)
  return isAddress
    ? tlv(0x87, Buffer.from(host.split('.').map(Number)))
    : tlv(0x82, Buffer.from(host))
}

/** UTCTime, as RFC 5280 has it until 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(2, 14)
  return tlv(0x17, Buffer.from(`${digits}Z`))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts))
}

function octets(content: Buffer): Buffer {
  return tlv(0x04, content)
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'))
}

/** Tag, length and value of DER. */
function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), value])
  const bytes = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...bytes]), value])
}
