// The onion keys that a relay answers to: the one in its descriptor and those before it that clients with an older
// consensus still use (tor-spec 5.1.4; the grace period is the caller's affair). A key is looked up by its public half
// inside an onion skin, and a skin for a key that we do not have is worked through with a junk key, so that the time to
// refuse it says nothing about which keys we hold.

import {equalConstantTime} from '../bytes/octets.ts'
import {generateX25519Key, importX25519, type X25519Key} from './x25519.ts'

export interface OnionKeyChoice {
  readonly key: X25519Key
  /** False when `key` is the junk key: finish the work, then refuse. */
  readonly known: boolean
}

export class OnionKeys {
  readonly #keys: readonly X25519Key[]
  readonly #junk = generateX25519Key()

  /** Secrets of 32 octets each, the current one first. */
  constructor(secrets: readonly Uint8Array[]) {
    this.#keys = secrets.map(importX25519)
  }

  choose(onionPublic: Uint8Array): OnionKeyChoice {
    let key = this.#junk
    let known = false
    // No early exit, so that the place of a key in the list does not show either.
    for (const candidate of this.#keys) {
      if (equalConstantTime(candidate.public, onionPublic)) {
        key = candidate
        known = true
      }
    }
    return {key, known}
  }
}
