// What every RelayDirection promises beyond the vectors, on every implementation that this machine can run.

import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {
  RELAY_BODY_SIZE,
  RELAY_KEY_SIZES,
  type RelayAlgorithm,
  type RelayCrypto,
  type RelayDirection
} from '../../src/crypto/relay-crypto/relay-crypto.ts'
import {BugError} from '../../src/fault/fault.ts'
import {relayCryptos} from '../support/relay-cryptos.ts'

const ALGORITHMS: readonly RelayAlgorithm[] = ['tor1', 'hs']

function open(crypto: RelayCrypto, algorithm: RelayAlgorithm): RelayDirection {
  const sizes = RELAY_KEY_SIZES[algorithm]
  return crypto.open(algorithm, new Uint8Array(sizes.digestSeed).fill(3), new Uint8Array(sizes.key).fill(5))
}

/** A body whose `recognized` is zero and whose other octets depend on `seed`. */
function body(seed: number): Uint8Array {
  const octets = Uint8Array.from({length: RELAY_BODY_SIZE}, (_, i) => i * 7 + seed)
  octets.fill(0, 1, 3)
  return octets
}

const isBug = (code: string) => (error: unknown) => error instanceof BugError && error.fault.code === code

for (const crypto of relayCryptos()) {
  for (const algorithm of ALGORITHMS) {
    describe(`${algorithm} direction on ${crypto.name}`, () => {
      it('recognizes what its twin sealed, cell after cell', () => {
        const origin = open(crypto, algorithm)
        const relay = open(crypto, algorithm)
        for (let seed = 0; seed < 40; seed++) {
          const octets = body(seed)
          origin.seal(octets)
          const plain = octets.slice()
          origin.crypt(octets)
          assert.notDeepEqual(octets, plain)
          relay.crypt(octets)
          assert.deepEqual(octets, plain)
          assert(relay.recognize(octets))
          assert.equal(relay.tag().length, 20)
          assert.deepEqual(relay.tag(), origin.tag())
        }
      })

      it('leaves body and running digest as they were where the digest does not match', () => {
        const origin = open(crypto, algorithm)
        const relay = open(crypto, algorithm)
        const stray = body(9)
        const before = stray.slice()
        assert.equal(relay.recognize(stray), false)
        assert.deepEqual(stray, before)
        const octets = body(1)
        origin.seal(octets)
        const twisted = octets.slice()
        twisted[RELAY_BODY_SIZE - 1] = (twisted[RELAY_BODY_SIZE - 1] as number) ^ 1
        assert.equal(relay.recognize(twisted), false)
        assert(relay.recognize(octets))
      })

      it('does not recognize a cell whose recognized field is not zero, whatever its digest', () => {
        const origin = open(crypto, algorithm)
        const relay = open(crypto, algorithm)
        for (const at of [1, 2]) {
          const octets = body(2)
          octets[at] = 1
          origin.seal(octets)
          assert.equal(relay.recognize(octets), false)
        }
      })

      it('takes the digest over its own field as zeros', () => {
        const one = open(crypto, algorithm)
        const other = open(crypto, algorithm)
        const first = body(4)
        const second = body(4)
        second.fill(0xff, 5, 9)
        one.seal(first)
        other.seal(second)
        assert.deepEqual(first, second)
      })

      it('gives tags that later cells do not change', () => {
        const direction = open(crypto, algorithm)
        direction.seal(body(1))
        const first = direction.tag()
        const kept = first.slice()
        direction.seal(body(2))
        assert.deepEqual(first, kept)
        assert.notDeepEqual(direction.tag(), kept)
        direction.close()
        assert.deepEqual(first, kept)
      })

      it('copies its keys, so that the caller may wipe them', () => {
        const sizes = RELAY_KEY_SIZES[algorithm]
        const key = new Uint8Array(sizes.key).fill(5)
        const seed = new Uint8Array(sizes.digestSeed).fill(3)
        const wiped = crypto.open(algorithm, seed, key)
        key.fill(0)
        seed.fill(0)
        const twin = open(crypto, algorithm)
        const a = body(3)
        const b = body(3)
        for (const [direction, octets] of [
          [wiped, a],
          [twin, b]
        ] as const) {
          direction.seal(octets)
          direction.crypt(octets)
        }
        assert.deepEqual(a, b)
      })

      it('treats a body that is a window of a larger buffer like any other', () => {
        const slab = new Uint8Array(3 * 514).fill(0xee)
        const window = slab.subarray(514 + 5, 514 + 5 + RELAY_BODY_SIZE)
        window.set(body(6))
        const alone = body(6)
        const one = open(crypto, algorithm)
        const other = open(crypto, algorithm)
        one.seal(window)
        one.crypt(window)
        other.seal(alone)
        other.crypt(alone)
        assert.deepEqual(window, alone)
        assert(slab.subarray(0, 519).every(octet => octet === 0xee))
        assert(slab.subarray(519 + RELAY_BODY_SIZE).every(octet => octet === 0xee))
      })

      it('calls wrong sizes, a tag before any cell, and use after close bugs', () => {
        const sizes = RELAY_KEY_SIZES[algorithm]
        const seed = new Uint8Array(sizes.digestSeed)
        const key = new Uint8Array(sizes.key)
        assert.throws(() => crypto.open(algorithm, seed.subarray(1), key), isBug('relay-digest-seed-size'))
        assert.throws(() => crypto.open(algorithm, seed, key.subarray(1)), isBug('relay-key-size'))
        const direction = open(crypto, algorithm)
        assert.throws(() => direction.tag(), isBug('relay-tag-before-cell'))
        for (const wrong of [new Uint8Array(508), new Uint8Array(510), new Uint8Array(0)]) {
          assert.throws(() => direction.crypt(wrong), isBug('relay-body-size'))
          assert.throws(() => direction.seal(wrong), isBug('relay-body-size'))
          assert.throws(() => direction.recognize(wrong), isBug('relay-body-size'))
        }
        direction.close()
        direction.close()
        assert.throws(() => direction.crypt(body(0)), isBug('relay-direction-closed'))
        assert.throws(() => direction.seal(body(0)), isBug('relay-direction-closed'))
        assert.throws(() => direction.recognize(body(0)), isBug('relay-direction-closed'))
        assert.throws(() => direction.tag(), isBug('relay-direction-closed'))
      })
    })
  }
}
