// Ed25519 certificates and signatures as items of documents that a relay signs for itself.

import {fromText} from '../bytes/octets.ts'
import {sha256} from '../crypto/digest.ts'
import {verifyEd25519} from '../crypto/ed25519.ts'
import {type CheckedEd25519Cert, checkEd25519Cert} from '../crypto/ed25519-cert.ts'
import {CertType} from '../wire/certs.ts'
import {parseBase64} from './argument.ts'
import type {Item} from './item.ts'
import type {DocumentSource} from './source.ts'

export const ED25519_CERT = ['ED25519 CERT'] as const

/** dir-spec 2.1.1: in front of what a relay signs with its Ed25519 signing key. */
export const RELAY_SIGNATURE_PREFIX = fromText('Tor router descriptor signature v1')

export const RELAY_SIGNATURE_KEYWORD = 'router-sig-ed25519'

/** Whether a certificate has expired is for the reader of the descriptor to ask, who knows what for and when. */
const AT_ANY_TIME = new Date(0)

/** `identity-ed25519`: the identity, embedded, vouches for the signing key. */
export function checkIdentityCert(item: Item): CheckedEd25519Cert | undefined {
  return checkCert(item.body, CertType.IDENTITY_V_SIGNING, undefined)
}

/** A certificate of this type over an Ed25519 key; without `signer` it must embed its own. Time is not looked at. */
export function checkCert(
  octets: Uint8Array,
  type: number,
  signer: Uint8Array | undefined
): CheckedEd25519Cert | undefined {
  const demands = signer === undefined ? {type, now: AT_ANY_TIME} : {type, signer, now: AT_ANY_TIME}
  const cert = checkEd25519Cert(octets, demands)
  return cert.ok ? cert.value : undefined
}

/** True when the `router-sig-ed25519` item holds a signature over all that stands before its argument. */
export function holdsRelaySignature(
  source: DocumentSource,
  start: number,
  item: Item,
  key: Uint8Array
): boolean {
  const keyword = `${RELAY_SIGNATURE_KEYWORD} `
  if (!source.text.startsWith(keyword, item.span.start)) return false
  const signature = parseBase64(item.arg(0), 64)
  if (signature === undefined) return false
  const covered = source.octets.subarray(start, item.span.start + keyword.length)
  return verifyEd25519(key, signature, sha256(RELAY_SIGNATURE_PREFIX, covered))
}
