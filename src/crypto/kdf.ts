// How a shared secret becomes key material: KDF-TOR for CREATE_FAST (tor-spec 5.2.1), HKDF for ntor (tor-spec 5.2.2).
// ntor-v3 and hs-ntor expand with SHAKE-256 and need no function of their own.

import {concat} from '../bytes/octets.ts'
import {hmacSha256, sha1} from './digest.ts'

const SHA1_LENGTH = 20
const SHA256_LENGTH = 32

/** SHA1(secret | 0) | SHA1(secret | 1) | … cut to `length` octets. */
export function kdfTor(secret: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(length / SHA1_LENGTH) * SHA1_LENGTH)
  const counter = new Uint8Array(1)
  for (let at = 0; at < length; at += SHA1_LENGTH) {
    out.set(sha1(secret, counter), at)
    counter[0] = (counter[0] as number) + 1
  }
  return out.subarray(0, length)
}

/** RFC 5869 with SHA-256: extract with `salt`, expand with `info` to `length` octets. */
export function hkdfSha256(
  secret: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: number
): Uint8Array {
  return hkdfExpandSha256(hmacSha256(salt, secret), info, length)
}

/** The second half of RFC 5869, for handshakes whose first half is part of their own definition, as in ntor. */
export function hkdfExpandSha256(pseudoRandomKey: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(length / SHA256_LENGTH) * SHA256_LENGTH)
  let block = new Uint8Array(0)
  for (let at = 0, counter = 1; at < length; at += SHA256_LENGTH, counter++) {
    block = new Uint8Array(hmacSha256(pseudoRandomKey, concat(block, info, Uint8Array.of(counter))))
    out.set(block, at)
  }
  return out.subarray(0, length)
}
