// Ed25519 as Tor uses it. A secret key is kept expanded (scalar | prefix), since that is what C tor stores and since
// blinded keys have no seed at all; signing then needs scalar arithmetic, which only libsodium's larger build offers.
// Verification is strict, so that no two verifiers can differ about a signature (TROVE-2021-007): the key must lie in the
// prime-order group in canonical form, S must be reduced and R must not have small order.

import {randomBytes} from 'node:crypto'
import sodium from 'libsodium-wrappers'
import sumo from 'libsodium-wrappers-sumo'
import {concat} from '../bytes/octets.ts'
import {BugError} from '../fault/fault.ts'
import {sha512} from './digest.ts'

export const ED25519_SEED_LENGTH = 32
export const ED25519_PUBLIC_LENGTH = 32
export const ED25519_EXPANDED_LENGTH = 64
export const ED25519_SIGNATURE_LENGTH = 64

/** Resolves when libsodium can be called. Every function here needs it first. */
export const ed25519Ready: Promise<void> = Promise.all([sodium.ready, sumo.ready]).then(() => undefined)

export type Ed25519KeyPair = {
  /** 64 octets: the scalar (clamped, or blinded and reduced), then the prefix that nonces are derived from. */
  readonly expanded: Uint8Array
  /** 32 octets. */
  readonly public: Uint8Array
}

export function generateEd25519(): Ed25519KeyPair {
  return ed25519FromSeed(randomBytes(ED25519_SEED_LENGTH))
}

/** RFC 8032 5.1.5. */
export function ed25519FromSeed(seed: Uint8Array): Ed25519KeyPair {
  if (seed.length !== ED25519_SEED_LENGTH) throw new BugError('ed25519-seed-length', String(seed.length))
  const expanded = sha512(seed)
  expanded[0] = (expanded[0] as number) & 248
  expanded[31] = ((expanded[31] as number) & 63) | 64
  return ed25519FromExpanded(expanded)
}

/** Derives the public key from 64 octets as C tor stores them. */
export function ed25519FromExpanded(expanded: Uint8Array): Ed25519KeyPair {
  if (expanded.length !== ED25519_EXPANDED_LENGTH) {
    throw new BugError('ed25519-expanded-length', String(expanded.length))
  }
  // Reducing first changes neither the point nor a signature, and lets any clamped or blinded scalar through.
  const scalar = sumo.crypto_core_ed25519_scalar_reduce(concat(expanded.subarray(0, 32), new Uint8Array(32)))
  return {expanded, public: sumo.crypto_scalarmult_ed25519_base_noclamp(scalar)}
}

/** The 64-octet signature over the concatenation of `parts`. */
export function signEd25519(key: Ed25519KeyPair, ...parts: readonly Uint8Array[]): Uint8Array {
  const scalar = key.expanded.subarray(0, 32)
  const nonce = sumo.crypto_core_ed25519_scalar_reduce(sha512(key.expanded.subarray(32), ...parts))
  const r = sumo.crypto_scalarmult_ed25519_base_noclamp(nonce)
  const challenge = sumo.crypto_core_ed25519_scalar_reduce(sha512(r, key.public, ...parts))
  const s = sumo.crypto_core_ed25519_scalar_add(nonce, sumo.crypto_core_ed25519_scalar_mul(challenge, scalar))
  nonce.fill(0)
  return concat(r, s)
}

/** False also for a malleable signature, and for a public key that `isEd25519Public` refuses. */
export function verifyEd25519(
  publicKey: Uint8Array,
  signature: Uint8Array,
  ...parts: readonly Uint8Array[]
): boolean {
  if (signature.length !== ED25519_SIGNATURE_LENGTH || !isEd25519Public(publicKey)) return false
  return sodium.crypto_sign_verify_detached(signature, concat(...parts), publicKey)
}

/** True for the canonical encoding of a point of the prime-order group other than the identity. */
export function isEd25519Public(publicKey: Uint8Array): boolean {
  return publicKey.length === ED25519_PUBLIC_LENGTH && sumo.crypto_core_ed25519_is_valid_point(publicKey)
}
