// The cell cryptography of a hop, sentence by sentence of tor-spec 5.5 and 6.1, 7.4 and rend-spec-v3 4.2.1. What a cell must be is
// worked out here from the whole history of its direction, with nothing that runs on, on every implementation.

import assert from 'node:assert/strict'
import {createCipheriv, createHash} from 'node:crypto'
import {describe, it} from 'node:test'
import {concat} from '../../src/bytes/octets.ts'
import {RELAY_KEY_SIZES, type RelayCrypto} from '../../src/crypto/relay-crypto/relay-crypto.ts'
import {relayCryptos} from '../support/relay-cryptos.ts'

const ALGORITHMS = {
  tor1: {cipher: 'aes-128-ctr', digest: 'sha1'},
  hs: {cipher: 'aes-256-ctr', digest: 'sha3-256'}
} as const
type Algorithm = keyof typeof ALGORITHMS

const seedOf = (algorithm: Algorithm) =>
  Uint8Array.from({length: RELAY_KEY_SIZES[algorithm].digestSeed}, (_, i) => i + 1)
const keyOf = (algorithm: Algorithm) =>
  Uint8Array.from({length: RELAY_KEY_SIZES[algorithm].key}, (_, i) => 200 - i)

function open(crypto: RelayCrypto, algorithm: Algorithm) {
  return crypto.open(algorithm, seedOf(algorithm), keyOf(algorithm))
}

function plainBody(number: number): Uint8Array {
  const body = Uint8Array.from({length: 509}, (_, i) => i * number + 5)
  body.fill(0, 1, 3)
  body.fill(0, 5, 9)
  return body
}

/** The digest of the seed and of bodies whose digest field is zero. */
function digestOf(algorithm: Algorithm, ...bodies: readonly Uint8Array[]): Uint8Array {
  return createHash(ALGORITHMS[algorithm].digest)
    .update(concat(seedOf(algorithm), ...bodies))
    .digest()
}

/** What the cipher makes of everything that was ever sent in a direction. */
function ciphertextOf(algorithm: Algorithm, ...bodies: readonly Uint8Array[]): Uint8Array {
  const cipher = createCipheriv(ALGORITHMS[algorithm].cipher, keyOf(algorithm), new Uint8Array(16))
  return cipher.update(concat(...bodies))
}

function withDigest(algorithm: Algorithm, history: readonly Uint8Array[], body: Uint8Array): Uint8Array {
  const sealed = body.slice()
  sealed.set(digestOf(algorithm, ...history, body).subarray(0, 4), 5)
  return sealed
}

for (const crypto of relayCryptos()) {
  for (const algorithm of ['tor1', 'hs'] as const) {
    describe(`${algorithm} on ${crypto.name}`, () => {
      it('the digest is the first four octets of the running digest of all octets destined for this hop, seeded from Df or Db', () => {
        const direction = open(crypto, algorithm)
        const history: Uint8Array[] = []
        for (let number = 0; number < 20; number++) {
          const body = plainBody(number)
          const sealed = body.slice()
          direction.seal(sealed)
          assert.deepEqual(sealed, withDigest(algorithm, history, body))
          history.push(body)
        }
      })

      it('the digest does not include octets of cells that are not for this hop', () => {
        const direction = open(crypto, algorithm)
        const [first, second] = [plainBody(1), plainBody(2)]
        assert(direction.recognize(withDigest(algorithm, [], first)))
        assert.equal(direction.recognize(plainBody(3)), false)
        assert(direction.recognize(withDigest(algorithm, [first], second)))
      })

      it('a cell whose recognized field is zero but whose digest is wrong is passed along', () => {
        const right = withDigest(algorithm, [], plainBody(1))
        for (let at = 5; at < 9; at++) {
          const wrong = right.slice()
          wrong[at] = (wrong[at] as number) ^ 0x80
          assert.equal(open(crypto, algorithm).recognize(wrong), false)
        }
        assert(open(crypto, algorithm).recognize(right))
      })

      it('the cipher is in counter mode with an all-zero IV and runs on over all cells of a direction', () => {
        const direction = open(crypto, algorithm)
        const bodies = Array.from({length: 40}, (_, number) => plainBody(number))
        const expected = ciphertextOf(algorithm, ...bodies)
        for (const [number, body] of bodies.entries()) {
          direction.crypt(body)
          assert.deepEqual(body, new Uint8Array(expected.subarray(number * 509, (number + 1) * 509)))
        }
      })

      it('recognizing and sealing leave the keystream where it is', () => {
        const direction = open(crypto, algorithm)
        const [first, second] = [plainBody(1), plainBody(2)]
        const expected = ciphertextOf(algorithm, first, second)
        direction.crypt(first)
        direction.seal(plainBody(3))
        direction.recognize(plainBody(4))
        direction.crypt(second)
        assert.deepEqual(concat(first, second), new Uint8Array(expected))
      })

      it('the SENDME tag is the first 20 octets of the running digest as of the cell that it acknowledges', () => {
        const origin = open(crypto, algorithm)
        const relay = open(crypto, algorithm)
        const history: Uint8Array[] = []
        for (let number = 0; number < 5; number++) {
          const body = plainBody(number)
          history.push(body.slice())
          origin.seal(body)
          assert(relay.recognize(body))
          const expected = new Uint8Array(digestOf(algorithm, ...history).subarray(0, 20))
          assert.deepEqual(origin.tag(), expected)
          assert.deepEqual(relay.tag(), expected)
          assert.equal(relay.recognize(plainBody(99)), false)
          assert.deepEqual(relay.tag(), expected)
        }
      })
    })
  }
}
