// The outer wrapper of an onion service descriptor (rend-spec-v3 2.4): all that an HSDir sees of it. The blinded key vouches
// for a signing key, the signing key signs the text; what is in `superencrypted` is for those who know the onion address.

import {fromText} from '../../bytes/octets.ts'
import {verifyEd25519} from '../../crypto/ed25519.ts'
import {checkEd25519Cert} from '../../crypto/ed25519-cert.ts'
import {ok, type Result} from '../../fault/result.ts'
import {CertType} from '../../wire/certs.ts'
import {parseBase64, parseDecimal, parseUint64} from '../argument.ts'
import {ED25519_CERT} from '../ed25519-item.ts'
import {meaningFault, type NetdocFault} from '../fault.ts'
import {checkItems, type ItemRules} from '../item-rules.ts'
import {type DocumentInput, openDocument} from '../source.ts'
import {tokenize} from '../tokenize.ts'

/** Default of the consensus parameter HSV3MaxDescriptorSize, in octets. */
export const DEFAULT_MAX_HS_DESCRIPTOR_LENGTH = 50_000

/** rend-spec-v3 2.4: in front of what the descriptor signing key signs. */
export const HS_SIGNATURE_PREFIX = fromText('Tor onion service descriptor sig v3')

const MAX_LIFETIME_MINUTES = 12 * 60
/** Salt and MAC: what `superencrypted` has besides what it encrypts. */
const MIN_ENCRYPTED_LENGTH = 16 + 32
/** A certificate outlives its descriptor; this much more is left to clocks that are wrong. */
const CERT_GRACE_MS = 54 * 60 * 60 * 1000

const RULES = {
  'hs-descriptor': {count: 'once', args: 1, maxArgs: 1, position: 0},
  'descriptor-lifetime': {count: 'once', args: 1, maxArgs: 1},
  'descriptor-signing-key-cert': {count: 'once', maxArgs: 0, object: ED25519_CERT},
  'revision-counter': {count: 'once', args: 1, maxArgs: 1},
  superencrypted: {count: 'once', maxArgs: 0, object: ['MESSAGE']},
  signature: {count: 'once', args: 1, maxArgs: 1, position: -1}
} as const satisfies ItemRules

export interface OuterHsDescriptor {
  /** What HSDirs know the descriptor by, 32 octets. */
  readonly blindedKey: Uint8Array
  readonly signingKey: Uint8Array
  readonly revisionCounter: bigint
  readonly lifetimeMinutes: number
  /** When the blinded key's word for the signing key ends. */
  readonly expiresAt: Date
  readonly superencrypted: Uint8Array
  readonly octets: Uint8Array
}

export interface OuterHsDescriptorOptions {
  readonly now: Date
  /** The consensus parameter HSV3MaxDescriptorSize; 50,000 when left out. */
  readonly maxLength?: number
}

/** Parses and verifies the outer wrapper. Nothing is decrypted. */
export function parseOuterHsDescriptor(
  input: DocumentInput,
  {now, maxLength = DEFAULT_MAX_HS_DESCRIPTOR_LENGTH}: OuterHsDescriptorOptions
): Result<OuterHsDescriptor, NetdocFault> {
  const source = openDocument(input, maxLength)
  if (!source.ok) return source
  const tokens = tokenize(source.value.text)
  if (!tokens.ok) return tokens
  const checked = checkItems(RULES, tokens.value)
  if (!checked.ok) return checked
  const items = checked.value
  const version = items.one('hs-descriptor')
  if (version.arg(0) !== '3') return meaningFault('not-supported', 'hs-descriptor')
  // The signature covers the text from its first octet, so nothing may stand before the first item.
  if (version.span.start !== 0) return meaningFault('bad-argument', 'hs-descriptor')
  const lifetimeMinutes = parseDecimal(items.one('descriptor-lifetime').arg(0), 0, MAX_LIFETIME_MINUTES)
  if (lifetimeMinutes === undefined) return meaningFault('bad-argument', 'descriptor-lifetime')
  const revisionCounter = parseUint64(items.one('revision-counter').arg(0))
  if (revisionCounter === undefined) return meaningFault('bad-argument', 'revision-counter')
  const superencrypted = items.one('superencrypted').body
  if (superencrypted.length <= MIN_ENCRYPTED_LENGTH) return meaningFault('bad-argument', 'superencrypted')
  const cert = checkEd25519Cert(items.one('descriptor-signing-key-cert').body, {
    type: CertType.HS_BLINDED_V_SIGNING,
    now: new Date(now.getTime() - CERT_GRACE_MS)
  })
  if (!cert.ok) return meaningFault('bad-certificate', 'descriptor-signing-key-cert')
  const signatureItem = items.one('signature')
  if (!source.value.text.startsWith('signature ', signatureItem.span.start)) {
    return meaningFault('bad-argument', 'signature')
  }
  const signature = parseBase64(signatureItem.arg(0), 64)
  const signed = source.value.octets.subarray(0, signatureItem.span.start)
  const signingKey = cert.value.certifiedKey
  if (signature === undefined || !verifyEd25519(signingKey, signature, HS_SIGNATURE_PREFIX, signed)) {
    return meaningFault('bad-signature', 'signature')
  }
  return ok({
    blindedKey: cert.value.signer,
    signingKey,
    revisionCounter,
    lifetimeMinutes,
    expiresAt: cert.value.expiresAt,
    superencrypted,
    octets: source.value.octets
  })
}
