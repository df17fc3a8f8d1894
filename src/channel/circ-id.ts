// Which circuit ids of a channel are ours to give and which are the peer's (tor-spec 5.1.1). The id space is split in two
// halves by its top bit so that both ends can create circuits at once without asking each other.
//
// From link protocol 4 on the initiator has the half with the bit set. On link protocol 3 the end with the greater RSA
// identity key has it, and an end that never proved an identity has none, which leaves the other end free in its choice.

import {createPublicKey} from 'node:crypto'
import {BugError} from '../fault/fault.ts'

/** The half of the id space that an end allocates from; 'none': this end must not create circuits on the channel. */
export type CircIdHalf = 'low' | 'high' | 'none'

/** Link protocol from which circuit ids are 4 octets wide (tor-spec 3). */
export const WIDE_CIRC_ID_LINK_VERSION = 4

/** Octets of a circuit id; 0 stands for a link version that is not agreed on yet. */
export function circIdWidth(linkVersion: number): 2 | 4 {
  return linkVersion >= WIDE_CIRC_ID_LINK_VERSION ? 4 : 2
}

/** How many random ids we try before we say that the space is full. At 90 % use that fails one time in 850. */
const MAX_ATTEMPTS = 64

/** The two RSA identity keys (PKCS#1 DER) that decide on link protocol 3; undefined where an end has proved none. */
export interface CircIdIdentities {
  readonly own: Uint8Array | undefined
  readonly peer: Uint8Array | undefined
}

/** The half that our end of a channel allocates from. */
export function ownCircIdHalf(
  linkVersion: number,
  role: 'initiator' | 'responder',
  identities: CircIdIdentities
): CircIdHalf {
  if (linkVersion >= WIDE_CIRC_ID_LINK_VERSION) return role === 'initiator' ? 'high' : 'low'
  if (identities.peer === undefined) return 'none'
  // A client has no identity to compare, and its peer then claims no half, so either would do.
  if (identities.own === undefined) return 'high'
  return compareRsaKeys(identities.own, identities.peer) < 0 ? 'low' : 'high'
}

/** False for a CREATE from the peer with an id that only we may allocate: answer with DESTROY TORPROTOCOL. */
export function isPeerCircId(linkVersion: number, ownHalf: CircIdHalf, circId: number): boolean {
  if (circId === 0) return false
  if (ownHalf === 'none') return true
  return isHigh(linkVersion, circId) !== (ownHalf === 'high')
}

/**
 * A random unused circuit id out of our half.
 * @param inUse tells whether an id is taken, by a circuit or by a DESTROY that still waits to be sent
 * @param random as many random octets as asked for
 * @returns undefined when 64 tries found none free, or when our end may not create circuits
 */
export function allocateCircId(
  linkVersion: number,
  ownHalf: CircIdHalf,
  inUse: (circId: number) => boolean,
  random: (length: number) => Uint8Array
): number | undefined {
  if (ownHalf === 'none') return undefined
  const width = circIdWidth(linkVersion)
  const halfSize = 2 ** (width * 8 - 1)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    let drawn = 0
    for (const octet of random(width)) drawn = drawn * 256 + octet
    drawn %= halfSize
    if (drawn === 0) continue
    const circId = ownHalf === 'high' ? drawn + halfSize : drawn
    if (!inUse(circId)) return circId
  }
  return undefined
}

function isHigh(linkVersion: number, circId: number): boolean {
  return circId >= 2 ** (circIdWidth(linkVersion) * 8 - 1)
}

/** Orders two RSA public keys by modulus, then by exponent. */
function compareRsaKeys(a: Uint8Array, b: Uint8Array): number {
  const [left, right] = [rsaNumbers(a), rsaNumbers(b)]
  return compareNumbers(left.modulus, right.modulus) || compareNumbers(left.exponent, right.exponent)
}

function rsaNumbers(der: Uint8Array): {modulus: Buffer; exponent: Buffer} {
  const {n, e} = createPublicKey({key: Buffer.from(der), format: 'der', type: 'pkcs1'}).export({
    format: 'jwk'
  })
  if (n === undefined || e === undefined) throw new BugError('not-an-rsa-key')
  return {modulus: Buffer.from(n, 'base64url'), exponent: Buffer.from(e, 'base64url')}
}

/** Big-endian numbers without leading zeros: the longer is the greater. */
function compareNumbers(a: Buffer, b: Buffer): number {
  return a.length - b.length || Buffer.compare(a, b)
}
