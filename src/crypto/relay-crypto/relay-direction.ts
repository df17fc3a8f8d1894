// What the cryptography of one hop is made of, whoever carries it out: the addon or its plain twin. A relay circuit
// opens two directions per hop (outbound with Df and Kf, inbound with Db and Kb, tor-spec 5.2.2), and each belongs to one
// thread for its whole life, because cipher and digest both run on from cell to cell.
//
// Order of calls per cell (tor-spec 5.5.2, 6.1):
//   a cell that passes      crypt
//   a cell that may be ours crypt, then recognize
//   a cell that starts here seal, then crypt

import {BugError} from '../../fault/fault.ts'
import {RELAY_BODY} from '../../wire/relay-cell.ts'

/** tor1: AES-128-CTR and SHA-1, between circuit hops. hs: AES-256-CTR and SHA3-256, end to end (rend-spec-v3 4.2.1). */
export type RelayAlgorithm = 'tor1' | 'hs'

/** Octets of the seed and of the key that each algorithm takes from the key material of its handshake. */
export const RELAY_KEY_SIZES = {
  tor1: {digestSeed: 20, key: 16},
  hs: {digestSeed: 32, key: 32}
} as const

/** Octets of a relay cell body (tor-spec 3, PAYLOAD_LEN). */
export const RELAY_BODY_SIZE = RELAY_BODY

/** Octets of the tag that an authenticated SENDME carries: the running digest, cut to this (tor-spec 7.4). */
export const RELAY_TAG_SIZE = 20

/** Cipher and running digest of one hop in one direction. Bodies have 509 octets and are changed in place. */
export interface RelayDirection {
  /** Encrypts or decrypts a body, which is the same for a counter-mode cipher. */
  crypt(body: Uint8Array): void
  /** After `crypt`: true where `recognized` is zero and the digest matches. The digest advances only then. */
  recognize(body: Uint8Array): boolean
  /** Before `crypt`: writes the digest field and advances the digest. `recognized` must be zero already. */
  seal(body: Uint8Array): void
  /** A copy of the digest's first 20 octets as of the last cell sealed or recognized; BugError before the first. */
  tag(): Uint8Array
  /** Wipes the keys. Any later call is a BugError, except that closing twice is harmless. */
  close(): void
}

/** Throws a BugError unless seed and key have the sizes of the algorithm. */
export function checkRelayKeys(algorithm: RelayAlgorithm, digestSeed: Uint8Array, key: Uint8Array): void {
  const sizes = RELAY_KEY_SIZES[algorithm]
  if (digestSeed.length !== sizes.digestSeed) throw new BugError('relay-digest-seed-size', algorithm)
  if (key.length !== sizes.key) throw new BugError('relay-key-size', algorithm)
}

/** A maker of relay directions. */
export interface RelayCrypto {
  /** `addon:<kernel>` or `plain`. */
  readonly name: string
  /** `digestSeed` and `key` must have the octets that RELAY_KEY_SIZES says; both are copied. */
  open(algorithm: RelayAlgorithm, digestSeed: Uint8Array, key: Uint8Array): RelayDirection
}
