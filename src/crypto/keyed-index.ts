// Table keys for octets that peers choose or must not guess: cookies, authentication keys, blinded keys. The key of a table
// entry is a MAC under a secret of this process, so that nobody can choose octets that collide in the table
// (TROVE-2021-005) and the time of a look-up says nothing about the octets that are in it.

import {toLatin1} from '../bytes/octets.ts'
import {sha3_256} from './digest.ts'
import {randomOctets} from './random.ts'

const SECRET_LENGTH = 32
/** Octets of a MAC that are kept: what is in one table never comes near 2^64. */
const KEPT = 16

export class KeyedIndex {
  readonly #secret = randomOctets(SECRET_LENGTH)

  /** A string of 16 characters; equal for equal octets, and for no others that anyone could find. */
  key(octets: Uint8Array): string {
    // SHA3 with the secret in front is a MAC as it stands.
    return toLatin1(sha3_256(this.#secret, octets).subarray(0, KEPT))
  }
}
