// Revision counters of descriptors (rend-spec-v3 F): the age of a blinded key in seconds, encrypted so that later is still
// larger while nobody can tell the clock of the service from it. So nothing has to be remembered over a restart, and two
// instances of a service with the same keys count alike.

import {createCipheriv} from 'node:crypto'
import {fromText} from '../../bytes/octets.ts'
import {BugError} from '../../fault/fault.ts'
import {sha3_256} from '../digest.ts'
import type {Ed25519KeyPair} from '../ed25519.ts'

/** The largest plaintext: three days in seconds, and some more. */
export const MAX_REVISION_SECONDS = 2 ** 18

/** With its final NUL, as C tor hashes it: a service that moves between the two keeps counting. */
const PREFIX = fromText('rev-counter-generation\0')
const WORD = 2

/** The key for all counters under one blinded key, 32 octets. */
export function revisionCounterKey(blinded: Ed25519KeyPair): Uint8Array {
  return sha3_256(PREFIX, blinded.expanded)
}

/**
 * Each second adds one 16-bit word of the AES-256-CTR key stream, little-endian, and one more, so that every counter is
 * larger than the one before. (The specification leaves the one out; all implementations have it.)
 * @param seconds 1 to MAX_REVISION_SECONDS
 */
export function encryptRevisionCounter(key: Uint8Array, seconds: number): bigint {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_REVISION_SECONDS) {
    throw new BugError('revision-counter-seconds', String(seconds))
  }
  const words = createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(new Uint8Array(seconds * WORD))
  let sum = seconds
  for (let at = 0; at < words.length; at += WORD) sum += words.readUInt16LE(at)
  return BigInt(sum)
}
