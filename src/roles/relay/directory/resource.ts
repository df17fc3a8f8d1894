// Lists of digests in a path: hexadecimal joined by `+`, base64 joined by `-`. What is no digest is passed over, as other
// directories do; what is asked for twice is given once.

import {fromBase16, toBase16} from '../../../bytes/base16.ts'
import {fromBase64} from '../../../bytes/base64.ts'

/** Digests that one request may name; clients name up to 500. Those beyond are left out, like documents we do not have. */
const DIGESTS_MAX = 512

const SHA1_LENGTH = 20
const SHA256_LENGTH = 32

/** `FP+FP…`: digests of 20 octets. */
export function sha1Digests(resource: string): readonly Uint8Array[] {
  return distinct(split(resource, '+').map(part => ofLength(fromBase16(part), SHA1_LENGTH)))
}

/** `D-D…` in base64 without padding: digests of 32 octets. */
export function sha256Digests(resource: string): readonly Uint8Array[] {
  return distinct(split(resource, '-').map(part => ofLength(fromBase64(part), SHA256_LENGTH)))
}

/** An authority's identity and signing key, as `/tor/keys/fp-sk/` names a certificate. */
export interface KeyPairDigests {
  readonly identity: Uint8Array
  readonly signingKey: Uint8Array
}

/** `FP-SK+FP-SK…`. */
export function sha1DigestPairs(resource: string): readonly KeyPairDigests[] {
  const joined = split(resource, '+').map(part => {
    const [identity = '', signingKey = '', ...more] = part.split('-')
    if (more.length > 0 || identity.length !== 2 * SHA1_LENGTH) return undefined
    return ofLength(fromBase16(identity + signingKey), 2 * SHA1_LENGTH)
  })
  return distinct(joined).map(pair => ({
    identity: pair.subarray(0, SHA1_LENGTH),
    signingKey: pair.subarray(SHA1_LENGTH)
  }))
}

function split(resource: string, separator: string): readonly string[] {
  return resource.split(separator, DIGESTS_MAX)
}

function ofLength(octets: Uint8Array | undefined, length: number): Uint8Array | undefined {
  return octets?.length === length ? octets : undefined
}

function distinct(digests: readonly (Uint8Array | undefined)[]): readonly Uint8Array[] {
  const known = digests.filter(digest => digest !== undefined)
  return [...new Map(known.map(digest => [toBase16(digest), digest])).values()]
}
