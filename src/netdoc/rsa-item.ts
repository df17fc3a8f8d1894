// RSA keys and signatures as objects of items.

import {equal} from '../bytes/octets.ts'
import {type RsaPublicKey, rsaPublicFromDer, verifyRsaBare} from '../crypto/rsa.ts'
import type {Item} from './item.ts'

export const RSA_PUBLIC_KEY = ['RSA PUBLIC KEY'] as const
export const SIGNATURE = ['SIGNATURE'] as const

/** Every RSA key of a relay has 1024 bits; an authority's identity key is larger. */
export const RELAY_RSA_BITS = 1024
const MIN_RSA_BITS = 1024
const MAX_RSA_BITS = 8192

/** The key in an item's object; undefined for a key that Tor would not use. */
export function parseRsaKey(item: Item): RsaPublicKey | undefined {
  const key = rsaPublicFromDer(item.body)
  return key !== undefined && key.bits >= MIN_RSA_BITS && key.bits <= MAX_RSA_BITS ? key : undefined
}

/** As `parseRsaKey`, and the key has 1024 bits. */
export function parseRelayRsaKey(item: Item): RsaPublicKey | undefined {
  const key = parseRsaKey(item)
  return key?.bits === RELAY_RSA_BITS ? key : undefined
}

/** True when `signature` is over exactly `signed`: neither a prefix nor a longer text (TROVE-2026-019). */
export function holdsRsaSignature(key: RsaPublicKey, signature: Uint8Array, signed: Uint8Array): boolean {
  const found = verifyRsaBare(key, signature)
  return found !== undefined && equal(found, signed)
}
