import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'

const BEGIN = '-----BEGIN CERTIFICATE-----'
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The certificates of a PEM text, in order; `undefined` when there is none, or one is damaged. */
export function readCertificates(pem: string): readonly X509Certificate[] | undefined {
  const found = pem.match(CERTIFICATE) ?? []
  if (found.length === 0 || found.length !== pem.split(BEGIN).length - 1) return undefined
  try {
    return found.map((each) => new X509Certificate(each))
  } catch {
    return undefined
  }
}

/** The private key of a PEM text; `undefined` when there is none, or it needs a passphrase. */
export function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
