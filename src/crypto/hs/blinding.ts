// Key blinding (rend-spec-v3 A.2): for each time period an onion service signs with a key derived from its identity, such
// that whoever knows the identity can derive the public half, and nobody else can tell which service it belongs to. From
// the two keys follows the subcredential, which only those who know the address can compute.

import sumo from 'libsodium-wrappers-sumo'
import {concat, fromText, wipe} from '../../bytes/octets.ts'
import {sha3_256, sha512} from '../digest.ts'
import type {Ed25519KeyPair} from '../ed25519.ts'
import {isEd25519Public} from '../ed25519.ts'
import {int8, type TimePeriod} from './time-period.ts'

const BLIND = fromText('Derive temporary signing key\0')
const BLIND_PREFIX = fromText('Derive temporary signing key hash input')
const KEY_BLIND = fromText('key-blind')
const CREDENTIAL = fromText('credential')
const SUBCREDENTIAL = fromText('subcredential')
/** Ed25519's base point, as the specification spells it out. */
const BASEPOINT = fromText(
  '(15112221349535400772501151409588531511454012693041857206046113283949847762202, ' +
    '46316835694926478169428394003475163141307993866256225615783033603165251855960)'
)

const NO_SECRET = new Uint8Array(0)

/** The 32-octet hash that a key is blinded with; `secret` is reserved by the specification and not used so far. */
export function blindingParameter(
  identity: Uint8Array,
  period: TimePeriod,
  secret: Uint8Array = NO_SECRET
): Uint8Array {
  const nonce = concat(KEY_BLIND, int8(period.number), int8(period.lengthMinutes))
  return sha3_256(BLIND, identity, secret, BASEPOINT, nonce)
}

/** The public half of a blinded key; undefined when `publicKey` is no key to begin with. */
export function blindPublic(publicKey: Uint8Array, parameter: Uint8Array): Uint8Array | undefined {
  if (!isEd25519Public(publicKey)) return undefined
  return sumo.crypto_scalarmult_ed25519_noclamp(toScalar(parameter), publicKey)
}

/** Both halves of a blinded key. Signs like any other expanded key. */
export function blindKeyPair(key: Ed25519KeyPair, parameter: Uint8Array): Ed25519KeyPair {
  const scalar = sumo.crypto_core_ed25519_scalar_mul(toScalar(parameter), key.expanded.subarray(0, 32))
  const prefix = sha512(BLIND_PREFIX, key.expanded.subarray(32))
  const blinded = {
    expanded: concat(scalar, prefix.subarray(0, 32)),
    public: sumo.crypto_scalarmult_ed25519_base_noclamp(scalar)
  }
  wipe(scalar)
  wipe(prefix)
  return blinded
}

/** N_hs_subcred, 32 octets (rend-spec-v3 2.1). */
export function subcredential(identity: Uint8Array, blindedPublic: Uint8Array): Uint8Array {
  return sha3_256(SUBCREDENTIAL, sha3_256(CREDENTIAL, identity), blindedPublic)
}

/** Clamped as a secret key is, then reduced, which changes no product with a point of the prime-order group. */
function toScalar(parameter: Uint8Array): Uint8Array {
  const wide = new Uint8Array(64)
  wide.set(parameter)
  wide[0] = (wide[0] as number) & 248
  wide[31] = ((wide[31] as number) & 63) | 64
  return sumo.crypto_core_ed25519_scalar_reduce(wide)
}
