// The keys of a relay that links are opened with, fresh for each test.

import {ed25519Ready, generateEd25519} from '../../src/crypto/ed25519.ts'
import {makeEd25519Cert} from '../../src/crypto/ed25519-cert.ts'
import {generateRsa} from '../../src/crypto/rsa.ts'
import {CertType} from '../../src/wire/certs.ts'

const HOUR_MS = 3600_000

export async function makeLinkKeys() {
  await ed25519Ready
  const rsaKey = generateRsa(1024)
  const master = generateEd25519()
  const signingKey = generateEd25519()
  const expiresAt = new Date(Date.now() + 48 * HOUR_MS)
  const signingCert = makeEd25519Cert({
    type: CertType.IDENTITY_V_SIGNING,
    expiresAt,
    certifiedKey: signingKey.public,
    signer: master,
    includeSigner: true
  })
  return {
    rsaKey,
    ed25519Identity: master.public,
    signingKey,
    signingCert,
    signingCertExpiresSeconds: Math.floor(expiresAt.getTime() / 1000)
  }
}
