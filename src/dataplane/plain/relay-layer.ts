// One hop's cryptography as the relay path needs it, whatever the algorithm: what to do with an outbound cell, with an
// inbound one, and with a message of our own.

import {type RelayDirection, relayCrypto} from '../../crypto/relay-crypto/relay-crypto.ts'
import {BugError} from '../../fault/fault.ts'
import {KEY_MATERIAL_LENGTH, type RelayKeys} from '../relay-keys.ts'

export interface RelayLayer {
  /** Decrypts an outbound body in place; true when the message is for this hop. */
  outbound(body: Uint8Array): boolean
  /** Encrypts an inbound body in place. */
  inbound(body: Uint8Array): void
  /** Seals and encrypts a message of ours towards the origin, in place. */
  originate(body: Uint8Array): void
  /** Digest of the outbound message recognized last. */
  recognizedTag(): Uint8Array
  /** Digest of the message originated last. */
  originatedTag(): Uint8Array
  close(): void
}

export function openRelayLayer(keys: RelayKeys): RelayLayer {
  if (keys.algorithm !== 'tor1') throw new BugError('relay-layer-algorithm', keys.algorithm)
  if (keys.material.length !== KEY_MATERIAL_LENGTH.tor1) throw new BugError('relay-layer-key-length')
  const {material} = keys
  const crypto = relayCrypto()
  const outbound = crypto.open('tor1', material.subarray(0, 20), material.subarray(40, 56))
  const inbound = crypto.open('tor1', material.subarray(20, 40), material.subarray(56, 72))
  return new Tor1Layer(outbound, inbound)
}

/** tor-spec 5.5: AES-CTR with a running SHA-1 in each direction. */
class Tor1Layer implements RelayLayer {
  readonly #outbound: RelayDirection
  readonly #inbound: RelayDirection

  constructor(outbound: RelayDirection, inbound: RelayDirection) {
    this.#outbound = outbound
    this.#inbound = inbound
  }

  outbound(body: Uint8Array): boolean {
    this.#outbound.crypt(body)
    return this.#outbound.recognize(body)
  }

  inbound(body: Uint8Array): void {
    this.#inbound.crypt(body)
  }

  originate(body: Uint8Array): void {
    this.#inbound.seal(body)
    this.#inbound.crypt(body)
  }

  recognizedTag(): Uint8Array {
    return this.#outbound.tag()
  }

  originatedTag(): Uint8Array {
    return this.#inbound.tag()
  }

  close(): void {
    this.#outbound.close()
    this.#inbound.close()
  }
}
