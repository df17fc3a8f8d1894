// The key certificate of a directory authority (dir-spec 3.1): its long-lived identity key vouches for the signing key
// that signs consensuses, and the signing key for the identity. Parsing checks both signatures, so an AuthorityCert is a
// proof; whether it has expired depends on the time and is asked by whoever uses it.

import {equal} from '../bytes/octets.ts'
import {sha1} from '../crypto/digest.ts'
import {type RsaPublicKey, rsaIdentity} from '../crypto/rsa.ts'
import {ok, type Result} from '../fault/result.ts'
import {type AddressPort, parseAddressPort} from './address.ts'
import {parseFingerprint} from './argument.ts'
import {meaningFault, type NetdocFault} from './fault.ts'
import {checkItems, type ItemRules} from './item-rules.ts'
import {holdsRsaSignature, parseRsaKey, RSA_PUBLIC_KEY, SIGNATURE} from './rsa-item.ts'
import {type DocumentInput, type DocumentSource, openDocument, sliceDocument} from './source.ts'
import {splitDocuments} from './split.ts'
import {parseTime} from './time.ts'
import {tokenize} from './tokenize.ts'

const MAX_CERT_LENGTH = 128 * 1024
const MAX_CERTS_LENGTH = 4 * 1024 * 1024

const RULES = {
  'dir-key-certificate-version': {count: 'once', args: 1, position: 0},
  fingerprint: {count: 'once', args: 1},
  'dir-key-published': {count: 'once'},
  'dir-key-expires': {count: 'once'},
  'dir-identity-key': {count: 'once', maxArgs: 0, object: RSA_PUBLIC_KEY},
  'dir-signing-key': {count: 'once', maxArgs: 0, object: RSA_PUBLIC_KEY},
  'dir-key-crosscert': {count: 'once', maxArgs: 0, object: ['ID SIGNATURE', 'SIGNATURE']},
  'dir-address': {count: 'at-most-once', args: 1},
  'dir-key-certification': {count: 'once', maxArgs: 0, object: SIGNATURE, position: -1}
} as const satisfies ItemRules

export interface AuthorityCert {
  /** SHA-1 of the identity key, 20 octets: what a DirAuthority line calls `v3ident`. */
  readonly identity: Uint8Array
  readonly identityKey: RsaPublicKey
  readonly signingKey: RsaPublicKey
  /** SHA-1 of the signing key, 20 octets. */
  readonly signingKeyDigest: Uint8Array
  readonly published: Date
  readonly expires: Date
  readonly address: AddressPort | undefined
  /** The certificate as it came, for caching and serving. */
  readonly octets: Uint8Array
}

/** Parses and verifies one certificate. */
export function parseAuthorityCert(input: DocumentInput): Result<AuthorityCert, NetdocFault> {
  const source = openDocument(input, MAX_CERT_LENGTH)
  return source.ok ? parse(source.value) : source
}

export interface AuthorityCerts {
  readonly accepted: readonly AuthorityCert[]
  readonly refused: readonly NetdocFault[]
}

/** Parses and verifies certificates that follow one another, as `/tor/keys/…` and `cached-certs` hold them. */
export function parseAuthorityCerts(input: DocumentInput): Result<AuthorityCerts, NetdocFault> {
  const source = openDocument(input, MAX_CERTS_LENGTH)
  if (!source.ok) return source
  const accepted: AuthorityCert[] = []
  const refused: NetdocFault[] = []
  for (const {start, end} of splitDocuments(source.value.text, ['dir-key-certificate-version'])) {
    const cert = parseAuthorityCert(sliceDocument(source.value, start, end).octets)
    if (cert.ok) accepted.push(cert.value)
    else refused.push(cert.fault)
  }
  return ok({accepted, refused})
}

function parse(source: DocumentSource): Result<AuthorityCert, NetdocFault> {
  const tokens = tokenize(source.text)
  if (!tokens.ok) return tokens
  const checked = checkItems(RULES, tokens.value)
  if (!checked.ok) return checked
  const items = checked.value
  const version = items.one('dir-key-certificate-version')
  if (version.arg(0) !== '3') return meaningFault('not-supported', 'dir-key-certificate-version')
  const identityKey = parseRsaKey(items.one('dir-identity-key'))
  if (identityKey === undefined) return meaningFault('bad-key', 'dir-identity-key')
  const signingKey = parseRsaKey(items.one('dir-signing-key'))
  if (signingKey === undefined) return meaningFault('bad-key', 'dir-signing-key')
  const identity = rsaIdentity(identityKey)
  const fingerprint = parseFingerprint(items.one('fingerprint').arg(0))
  if (fingerprint === undefined) return meaningFault('bad-argument', 'fingerprint')
  if (!equal(fingerprint, identity)) return meaningFault('mismatch', 'fingerprint')
  const published = parseTime(items.one('dir-key-published').line)
  if (published === undefined) return meaningFault('bad-argument', 'dir-key-published')
  const expires = parseTime(items.one('dir-key-expires').line)
  if (expires === undefined) return meaningFault('bad-argument', 'dir-key-expires')
  const addressItem = items.optional('dir-address')
  const address = addressItem && parseAddressPort(addressItem.arg(0))
  if (addressItem !== undefined && address === undefined) return meaningFault('bad-argument', 'dir-address')
  const crosscert = items.one('dir-key-crosscert')
  if (!holdsRsaSignature(signingKey, crosscert.body, identity)) {
    return meaningFault('bad-signature', 'dir-key-crosscert')
  }
  const certification = items.one('dir-key-certification')
  const signed = sha1(source.octets.subarray(version.span.start, certification.span.lineEnd))
  if (!holdsRsaSignature(identityKey, certification.body, signed)) {
    return meaningFault('bad-signature', 'dir-key-certification')
  }
  const octets = source.octets.subarray(version.span.start, certification.span.end)
  const signingKeyDigest = rsaIdentity(signingKey)
  return ok({identity, identityKey, signingKey, signingKeyDigest, published, expires, address, octets})
}
