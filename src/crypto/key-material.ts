// How many octets of a handshake's key stream each kind of relay cell cryptography takes, and how they are divided
// (tor-spec 5.2, proposal 359): forward before backward, and at the end KH, which ESTABLISH_INTRO is bound to.

import {BugError} from '../fault/fault.ts'

/** tor1: AES-128-CTR and SHA-1, for every relay hop so far. cgo: Counter Galois Onion. */
export type RelayCellCrypto = 'tor1' | 'cgo'

export const CIRCUIT_NONCE_LENGTH = 20

const TOR1_DIGEST = 20
const TOR1_KEY = 16
const CGO_STATE = 80

export const KEY_MATERIAL_LENGTH: Readonly<Record<RelayCellCrypto, number>> = {
  tor1: 2 * TOR1_DIGEST + 2 * TOR1_KEY + CIRCUIT_NONCE_LENGTH,
  cgo: 2 * CGO_STATE + CIRCUIT_NONCE_LENGTH
}

/** All fields are views into the key material. */
export interface Tor1Keys {
  /** Df, Kf: away from the origin. */
  readonly outbound: {readonly digestSeed: Uint8Array; readonly key: Uint8Array}
  /** Db, Kb: towards the origin. */
  readonly inbound: {readonly digestSeed: Uint8Array; readonly key: Uint8Array}
  /** KH: what both sides know and nobody else. */
  readonly circuitNonce: Uint8Array
}

/** Divides Df | Db | Kf | Kb | KH. */
export function divideTor1(keyMaterial: Uint8Array): Tor1Keys {
  if (keyMaterial.length !== KEY_MATERIAL_LENGTH.tor1) {
    throw new BugError('key-material-length', String(keyMaterial.length))
  }
  let at = 0
  const take = (length: number) => {
    at += length
    return keyMaterial.subarray(at - length, at)
  }
  const outboundDigest = take(TOR1_DIGEST)
  const inboundDigest = take(TOR1_DIGEST)
  const outboundKey = take(TOR1_KEY)
  const inboundKey = take(TOR1_KEY)
  return {
    outbound: {digestSeed: outboundDigest, key: outboundKey},
    inbound: {digestSeed: inboundDigest, key: inboundKey},
    circuitNonce: take(CIRCUIT_NONCE_LENGTH)
  }
}
