// Onion addresses (rend-spec-v3 6): an Ed25519 identity, two octets of checksum and the version, in base32. An address is
// taken only when its key is one that signatures can be trusted under; otherwise two addresses could be one service.

import {fromBase32, toBase32} from '../../bytes/base32.ts'
import {concat, equal, fromText} from '../../bytes/octets.ts'
import {sha3_256} from '../digest.ts'
import {isEd25519Public} from '../ed25519.ts'

const VERSION = Uint8Array.of(3)
const CHECKSUM = fromText('.onion checksum')
const KEY_LENGTH = 32
const CHECKSUM_LENGTH = 2
const SUFFIX = '.onion'
const TEXT_LENGTH = 56

/** 56 characters and `.onion`. */
export function printOnionAddress(identity: Uint8Array): string {
  return `${toBase32(concat(identity, checksum(identity), VERSION))}${SUFFIX}`
}

/**
 * The service's Ed25519 identity, 32 octets. The suffix may be missing and anything with a dot may come before
 * (`www.….onion`), as applications ask for both. Undefined for what is no address of version 3.
 */
export function parseOnionAddress(address: string): Uint8Array | undefined {
  const lower = address.toLowerCase()
  const text = lower.endsWith(SUFFIX) ? lower.slice(0, -SUFFIX.length) : lower
  const label = text.slice(text.lastIndexOf('.') + 1)
  const octets = label.length === TEXT_LENGTH ? fromBase32(label) : undefined
  if (octets === undefined) return undefined
  const identity = octets.slice(0, KEY_LENGTH)
  const expected = concat(checksum(identity), VERSION)
  return equal(octets.subarray(KEY_LENGTH), expected) && isEd25519Public(identity) ? identity : undefined
}

function checksum(identity: Uint8Array): Uint8Array {
  return sha3_256(CHECKSUM, identity, VERSION).subarray(0, CHECKSUM_LENGTH)
}
