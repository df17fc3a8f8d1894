// All the keys a relay has, new and in memory, for tests that print what a relay signs.

import {generateEd25519} from '../../src/crypto/ed25519.ts'
import {makeEd25519Cert} from '../../src/crypto/ed25519-cert.ts'
import {generateRsa} from '../../src/crypto/rsa.ts'
import {generateX25519} from '../../src/crypto/x25519.ts'
import type {RouterDescriptorKeys} from '../../src/netdoc/router-descriptor/print.ts'
import {CertType} from '../../src/wire/certs.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** Keys whose certificates are good for a month from now. */
export function makeRelayKeys(now = new Date()): RouterDescriptorKeys {
  const expiresAt = new Date(now.getTime() + 30 * DAY_MS)
  const master = generateEd25519()
  const signing = generateEd25519()
  return {
    identity: generateRsa(1024),
    ed25519: master.public,
    signing,
    signingCert: makeEd25519Cert({
      type: CertType.IDENTITY_V_SIGNING,
      expiresAt,
      certifiedKey: signing.public,
      signer: master,
      includeSigner: true
    }),
    onionKeyTap: generateRsa(1024),
    ntorOnionKey: generateX25519(),
    onionKeysExpireAt: expiresAt
  }
}

/** A certificate by a new family key over a relay's Ed25519 identity. */
export function makeFamilyCert(
  ed25519: Uint8Array,
  now = new Date()
): {readonly key: Uint8Array; readonly cert: Uint8Array} {
  const family = generateEd25519()
  const cert = makeEd25519Cert({
    type: CertType.FAMILY_V_IDENTITY,
    expiresAt: new Date(now.getTime() + 30 * DAY_MS),
    certifiedKey: ed25519,
    signer: family,
    includeSigner: true
  })
  return {key: family.public, cert}
}
