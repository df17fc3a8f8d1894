// Extra-info documents (dir-spec 2.1.2): a relay's statistics, kept out of its descriptor because clients need none of
// them. Nothing here reads the statistics themselves; a relay vouches for the text as a whole.

import {equal} from '../../bytes/octets.ts'
import {sha1, sha256} from '../../crypto/digest.ts'
import {type RsaPublicKey, rsaIdentity} from '../../crypto/rsa.ts'
import {ok, type Result} from '../../fault/result.ts'
import {parseFingerprint, parseNickname} from '../argument.ts'
import {checkIdentityCert, ED25519_CERT, holdsRelaySignature} from '../ed25519-item.ts'
import {meaningFault, type NetdocFault} from '../fault.ts'
import {type Annotations, checkItems, type ItemRules} from '../item-rules.ts'
import {holdsRsaSignature, SIGNATURE} from '../rsa-item.ts'
import {type DocumentInput, openDocument} from '../source.ts'
import {parseTime} from '../time.ts'
import {tokenize} from '../tokenize.ts'

/** Octets of the longest extra-info document that authorities take. */
export const MAX_EXTRA_INFO_LENGTH = 50_000

const RULES = {
  'extra-info': {count: 'once', args: 2, position: 0},
  'identity-ed25519': {count: 'once', maxArgs: 0, object: ED25519_CERT, position: 1},
  published: {count: 'once'},
  'read-history': {count: 'at-most-once'},
  'write-history': {count: 'at-most-once'},
  'dirreq-stats-end': {count: 'at-most-once'},
  'entry-stats-end': {count: 'at-most-once'},
  'cell-stats-end': {count: 'at-most-once'},
  'exit-stats-end': {count: 'at-most-once'},
  'router-sig-ed25519': {count: 'once', args: 1, position: -2},
  'router-signature': {count: 'once', maxArgs: 0, object: SIGNATURE, position: -1}
} as const satisfies ItemRules

export interface ExtraInfo {
  readonly nickname: string
  /** SHA-1 of the relay's RSA identity key, 20 octets. */
  readonly identity: Uint8Array
  readonly ed25519: Uint8Array
  readonly published: Date
  /** SHA-1 of what the RSA signature covers, as in `extra-info-digest`. */
  readonly digest: Uint8Array
  /** SHA-256 of the whole document, as in `extra-info-digest`. */
  readonly digest256: Uint8Array
  readonly octets: Uint8Array
}

/**
 * Parses and verifies one extra-info document. It does not hold the RSA identity key that signs it, so that key comes
 * from the relay's descriptor.
 */
export function parseExtraInfo(
  input: DocumentInput,
  identityKey: RsaPublicKey,
  annotations: Annotations = 'annotations-refused'
): Result<ExtraInfo, NetdocFault> {
  const source = openDocument(input, MAX_EXTRA_INFO_LENGTH)
  if (!source.ok) return source
  const tokens = tokenize(source.value.text)
  if (!tokens.ok) return tokens
  const checked = checkItems(RULES, tokens.value, annotations)
  if (!checked.ok) return checked
  const items = checked.value
  const first = items.one('extra-info')
  const nickname = parseNickname(first.arg(0))
  const identity = parseFingerprint(first.arg(1))
  if (nickname === undefined || identity === undefined) return meaningFault('bad-argument', 'extra-info')
  if (!equal(identity, rsaIdentity(identityKey))) return meaningFault('mismatch', 'extra-info')
  const published = parseTime(items.one('published').line)
  if (published === undefined) return meaningFault('bad-argument', 'published')
  const cert = checkIdentityCert(items.one('identity-ed25519'))
  if (cert === undefined) return meaningFault('bad-certificate', 'identity-ed25519')
  const {start} = first.span
  if (!holdsRelaySignature(source.value, start, items.one('router-sig-ed25519'), cert.certifiedKey)) {
    return meaningFault('bad-signature', 'router-sig-ed25519')
  }
  const signature = items.one('router-signature')
  const digest = sha1(source.value.octets.subarray(start, signature.span.lineEnd))
  if (!holdsRsaSignature(identityKey, signature.body, digest)) {
    return meaningFault('bad-signature', 'router-signature')
  }
  const octets = source.value.octets.subarray(start, signature.span.end)
  const digest256 = sha256(octets)
  return ok({nickname, identity, ed25519: cert.signer, published, digest, digest256, octets})
}
