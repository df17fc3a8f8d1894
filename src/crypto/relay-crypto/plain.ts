// The plain twin of the addon's cell cryptography, over node:crypto. It is the oracle the kernels are checked against
// and the path that runs where the addon does not load, so it is written to be read, not to be fast.
//
// OpenSSL owns the key schedule and the digest's inner state: they are released, not wiped, when the last reference goes.
// What this file itself holds (the last digest, the scratch copy of a body) it wipes on close.

import {type Cipher, createCipheriv, createHash, type Hash} from 'node:crypto'
import {equalConstantTime, wipe} from '../../bytes/octets.ts'
import {layout} from '../../codec/layout.ts'
import {BugError} from '../../fault/fault.ts'
import {type RelayCellV0, relayCellV0} from '../../wire/relay-cell.ts'
import {
  checkRelayKeys,
  RELAY_BODY_SIZE,
  RELAY_TAG_SIZE,
  type RelayAlgorithm,
  type RelayCrypto,
  type RelayDirection
} from './relay-direction.ts'

const CIPHERS = {tor1: 'aes-128-ctr', hs: 'aes-256-ctr'} as const
const DIGESTS = {tor1: 'sha1', hs: 'sha3-256'} as const

const RECOGNIZED_AT = offsetOf('recognized')
const DIGEST_AT = offsetOf('digest')
const DIGEST_END = DIGEST_AT + 4

function offsetOf(field: keyof RelayCellV0): number {
  const place = layout(relayCellV0).find(({name}) => name === field)
  if (place === undefined) throw new BugError('relay-cell-layout', field)
  return place.offset
}

class PlainDirection implements RelayDirection {
  #cipher: Cipher | undefined
  #digest: Hash
  readonly #scratch = new Uint8Array(RELAY_BODY_SIZE)
  #last: Uint8Array | undefined

  constructor(algorithm: RelayAlgorithm, digestSeed: Uint8Array, key: Uint8Array) {
    this.#cipher = createCipheriv(CIPHERS[algorithm], key, new Uint8Array(16))
    this.#digest = createHash(DIGESTS[algorithm]).update(digestSeed)
  }

  crypt(body: Uint8Array): void {
    body.set(this.#checked(body).update(body))
  }

  recognize(body: Uint8Array): boolean {
    this.#checked(body)
    // The two octets sift out nearly every passing cell before the digest, which costs many times the cipher.
    if (((body[RECOGNIZED_AT] as number) | (body[RECOGNIZED_AT + 1] as number)) !== 0) return false
    const advanced = this.#digest.copy().update(this.#withoutDigest(body))
    const whole = advanced.copy().digest()
    if (!equalConstantTime(whole.subarray(0, DIGEST_END - DIGEST_AT), body.subarray(DIGEST_AT, DIGEST_END))) {
      return false
    }
    this.#advance(advanced, whole)
    return true
  }

  seal(body: Uint8Array): void {
    this.#checked(body)
    const advanced = this.#digest.update(this.#withoutDigest(body))
    const whole = advanced.copy().digest()
    body.set(whole.subarray(0, DIGEST_END - DIGEST_AT), DIGEST_AT)
    this.#advance(advanced, whole)
  }

  tag(): Uint8Array {
    if (this.#cipher === undefined) throw new BugError('relay-direction-closed')
    if (this.#last === undefined) throw new BugError('relay-tag-before-cell')
    return this.#last.slice()
  }

  close(): void {
    if (this.#cipher === undefined) return
    this.#cipher = undefined
    this.#digest = createHash('sha1')
    wipe(this.#scratch)
    if (this.#last !== undefined) wipe(this.#last)
    this.#last = undefined
  }

  #checked(body: Uint8Array): Cipher {
    if (this.#cipher === undefined) throw new BugError('relay-direction-closed')
    if (body.length !== RELAY_BODY_SIZE) throw new BugError('relay-body-size', String(body.length))
    return this.#cipher
  }

  /** The digest covers the body with its own field as zeros (tor-spec 6.1). */
  #withoutDigest(body: Uint8Array): Uint8Array {
    this.#scratch.set(body)
    this.#scratch.fill(0, DIGEST_AT, DIGEST_END)
    return this.#scratch
  }

  #advance(digest: Hash, whole: Uint8Array): void {
    this.#digest = digest
    // Not `slice`, which on a Buffer gives a view of the same octets.
    this.#last = new Uint8Array(whole.subarray(0, RELAY_TAG_SIZE))
  }
}

/** Cell cryptography over node:crypto. */
export const plainRelayCrypto: RelayCrypto = {
  name: 'plain',
  open(algorithm, digestSeed, key) {
    checkRelayKeys(algorithm, digestSeed, key)
    return new PlainDirection(algorithm, digestSeed, key)
  }
}
