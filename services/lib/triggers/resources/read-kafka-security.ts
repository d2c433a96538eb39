import type { KafkaSecurity } from '#kafka/kafka-settings.ts'
import { type Fault, type FaultReason, fail, inside, type Place } from './place.ts'
import { readCertificates, readPrivateKey } from './read-pem.ts'
import type { SecretDraft } from './read-secret.ts'

const PROTOCOLS = ['PLAINTEXT', 'SASL_PLAINTEXT', 'SSL', 'SASL_SSL'] as const
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

/** A Secret that is being read. */
interface Reading {
  readonly entries: SecretDraft['entries']
  readonly faults: Fault[]
}

/**
 * Reads a Secret in Knative's format for Kafka. What its protocol does not use is not looked at.
 * Faults name keys and never quote what is in them.
 *
 * @returns `undefined`, with a fault, when it gives no way in.
 */
export function readKafkaSecurity(
  { entries }: SecretDraft,
  faults: Fault[],
): KafkaSecurity | undefined {
  const secret: Reading = { entries, faults }
  const before = faults.length
  const protocol = readProtocol(secret)
  const security = protocol && {
    protocol,
    ...(protocol.startsWith('SASL_') ? readLogin(secret) : {}),
    ...(protocol.endsWith('SSL') ? readTls(secret, protocol) : {}),
  }
  return faults.length > before ? undefined : security
}

function readProtocol(secret: Reading): KafkaSecurity['protocol'] | undefined {
  const text = requiredText(secret, 'protocol', `one of ${PROTOCOLS.join(', ')}`)?.trim()
  if (text === undefined) return undefined
  const protocol = PROTOCOLS.find((each) => each === text)
  return protocol ?? refuse(secret, 'protocol', `must be one of ${PROTOCOLS.join(', ')}`)
}

function readLogin(secret: Reading): Pick<KafkaSecurity, 'sasl'> {
  const mechanism = readMechanism(secret)
  const user = requiredLine(secret, 'user')
  const password = requiredLine(secret, 'password')
  if (mechanism === undefined || user === undefined || password === undefined) return {}
  return { sasl: { mechanism, user, password } }
}

/** Knative's dispatcher takes PLAIN where there is none. */
function readMechanism(secret: Reading): (typeof MECHANISMS)[number] | undefined {
  if (!secret.entries.has('sasl.mechanism')) return 'PLAIN'
  const text = textOf(secret, 'sasl.mechanism')?.trim()
  if (text === undefined) return undefined
  const mechanism = MECHANISMS.find((each) => each === text)
  if (mechanism !== undefined) return mechanism
  const message = `must be one of ${MECHANISMS.join(', ')}; OAUTHBEARER is not supported`
  return refuse(
    secret,
    'sasl.mechanism',
    message,
    text === 'OAUTHBEARER' ? 'NotSupported' : 'Invalid',
  )
}

function readTls(
  secret: Reading,
  protocol: KafkaSecurity['protocol'],
): Pick<KafkaSecurity, 'ca' | 'certificate' | 'key'> {
  const ca = textOf(secret, 'ca.crt')
  if (ca !== undefined && readCertificates(ca) === undefined) {
    refuse(secret, 'ca.crt', 'has no certificates in PEM, or one that cannot be read')
  }
  return { ...(ca === undefined ? {} : { ca }), ...readClientCertificate(secret, protocol) }
}

/** Knative asks for one with SSL, so that leaving it out is never a mistake. */
function readClientCertificate(
  secret: Reading,
  protocol: KafkaSecurity['protocol'],
): Pick<KafkaSecurity, 'certificate' | 'key'> {
  const isNone = !secret.entries.has('user.crt') && !secret.entries.has('user.key')
  if (readSkip(secret) || (isNone && protocol !== 'SSL')) return {}
  const hint = 'add it, or "user.skip" with the value true to connect without a client certificate'
  const certificate = requiredText(secret, 'user.crt', hint)
  const key = requiredText(secret, 'user.key', hint)
  if (certificate === undefined || key === undefined) return {}
  const [leaf] = readCertificates(certificate) ?? []
  const privateKey = readPrivateKey(key)
  if (leaf === undefined) {
    refuse(secret, 'user.crt', 'has no certificate in PEM, or one that cannot be read')
  }
  if (privateKey === undefined) {
    refuse(secret, 'user.key', 'has no private key in PEM that can be read without a passphrase')
  } else if (leaf?.checkPrivateKey(privateKey) === false) {
    refuse(secret, 'user.key', 'is not the key of the certificate in "user.crt"')
  }
  return { certificate, key }
}

function readSkip(secret: Reading): boolean {
  const text = textOf(secret, 'user.skip')?.trim().toLowerCase()
  if (text === undefined || text === 'true' || text === 'false') return text === 'true'
  return refuse(secret, 'user.skip', 'must be true or false') ?? false
}

/** What a broker is sent on one line. */
function requiredLine(secret: Reading, name: string): string | undefined {
  const text = requiredText(secret, name, 'SASL needs it')
  if (text === undefined || !/[\0\r\n]/.test(text)) return text
  return refuse(
    secret,
    name,
    'must not contain a line break: encode it with printf rather than echo, and do not write it as a block',
  )
}

function requiredText(secret: Reading, name: string, hint: string): string | undefined {
  if (!secret.entries.has(name)) return refuse(secret, name, `is missing: ${hint}`)
  const text = textOf(secret, name)
  return text === '' ? refuse(secret, name, `must not be empty: ${hint}`) : text
}

function textOf(secret: Reading, name: string): string | undefined {
  const entry = secret.entries.get(name)
  if (entry === undefined) return undefined
  return entry.text ?? refuse(secret, name, 'is not UTF-8 text')
}

function refuse(
  { entries, faults }: Reading,
  name: string,
  message: string,
  reason: FaultReason = 'Invalid',
): undefined {
  const [first] = entries.values()
  const field = entries.get(name)?.field ?? first?.field ?? 'stringData'
  const root: Place = { value: undefined, path: [field], faults }
  return fail(inside(root, name, undefined), message, reason)
}
