// The addon's X25519 against RFC 7748, node:crypto and @noble/curves: random keys, points of small order, and numbers that
// are no least representatives.

import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {x25519 as noble} from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import {toBase16} from '../../src/bytes/base16.ts'
import {concat} from '../../src/bytes/octets.ts'
import {AddonStatus} from '../../src/crypto/binding.ts'
import {x25519, x25519Public} from '../../src/crypto/x25519.ts'
import {onAddon} from '../support/addon.ts'
import {hex} from '../support/hex.ts'

const P = 2n ** 255n - 19n
const NO_POINTS = new Uint8Array(0)
const BASE = littleEndian(9n)
const octets = fc.uint8Array({minLength: 32, maxLength: 32})

function littleEndian(value: bigint): Uint8Array {
  return hex(value.toString(16).padStart(64, '0')).reverse()
}

/** RFC 7748, section 5.2. */
const MULTIPLICATIONS = [
  {
    secret: 'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
    point: 'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
    product: 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552'
  },
  {
    secret: '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
    point: 'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
    product: '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957'
  }
]

/** Every u below 2^255 whose point has order 1, 2, 4 or 8, on the curve or its twist. */
const SMALL_ORDER = [
  0n,
  1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  P - 1n,
  P,
  P + 1n
].map(littleEndian)

onAddon(addon => {
  const multiply = (secrets: Uint8Array, points: Uint8Array): Uint8Array => {
    const out = new Uint8Array(secrets.length)
    assert.equal(addon.x25519(secrets, points, out), undefined)
    return out
  }

  describe("the addon's X25519", () => {
    for (const {secret, point, product} of MULTIPLICATIONS) {
      it(`gives ${product.slice(0, 8)} (RFC 7748 5.2)`, () => {
        assert.equal(toBase16(multiply(hex(secret), hex(point))), product)
      })
    }

    it('gives the published results after one and a thousand rounds (RFC 7748 5.2)', () => {
      let secret = BASE
      let point = BASE
      for (let round = 1; round <= 1000; round++) {
        const product = multiply(secret, point)
        point = secret
        secret = product
        if (round === 1) {
          assert.equal(toBase16(secret), '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079')
        }
      }
      assert.equal(toBase16(secret), '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51')
    })

    it("is node:crypto's and @noble/curves', for any secret and any point", () => {
      fc.assert(
        fc.property(octets, octets, (secret, point) => {
          const product = multiply(secret, point)
          assert.deepEqual(product, x25519(secret, point))
          assert.deepEqual(product, noble.getSharedSecret(secret, point))
        }),
        {numRuns: 100, seed: 1}
      )
    })

    it('has the public halves that the ladder has, and node:crypto and @noble/curves', () => {
      const edges = [
        new Uint8Array(32),
        new Uint8Array(32).fill(255),
        new Uint8Array(32).fill(0x88),
        new Uint8Array(32).fill(0x77),
        littleEndian(2n ** 255n - 8n)
      ]
      const check = (secret: Uint8Array) => {
        const half = multiply(secret, NO_POINTS)
        assert.deepEqual(half, multiply(secret, BASE))
        assert.deepEqual(half, x25519Public(secret))
        assert.deepEqual(half, noble.getPublicKey(secret))
      }
      edges.forEach(check)
      fc.assert(fc.property(octets, check), {numRuns: 200, seed: 2})
    })

    it('gives zeros for every point of small order, and for no other of the batch', () => {
      const secrets = new Uint8Array(32 * SMALL_ORDER.length).fill(7)
      assert.deepEqual(multiply(secrets, concat(...SMALL_ORDER)), new Uint8Array(secrets.length))
      for (const [i, weak] of SMALL_ORDER.entries()) {
        assert.equal(x25519(secrets.subarray(0, 32), weak), undefined)
        const points = SMALL_ORDER.map((_, j) => (i === j ? weak : littleEndian(BigInt(9 + j))))
        const products = multiply(secrets, concat(...points))
        for (const [j, point] of points.entries()) {
          const product = products.subarray(32 * j, 32 * j + 32)
          assert.deepEqual(
            new Uint8Array(product),
            x25519(secrets.subarray(0, 32), point) ?? new Uint8Array(32)
          )
        }
      }
    })

    it('takes numbers from p on modulo p, and passes over the highest bit (RFC 7748 5)', () => {
      const secret = new Uint8Array(32).fill(5)
      for (let above = 2n; above < 19n; above++) {
        const product = multiply(secret, littleEndian(above))
        assert.deepEqual(multiply(secret, littleEndian(P + above)), product)
        assert.deepEqual(multiply(secret, littleEndian(2n ** 255n + above)), product)
        assert.deepEqual(multiply(secret, littleEndian(2n ** 255n + P + above)), product)
        assert.deepEqual(product, x25519(secret, littleEndian(P + above)))
      }
      for (let below = 2n; below < 40n; below++) {
        assert.deepEqual(
          multiply(secret, littleEndian(P - below)),
          noble.getSharedSecret(secret, littleEndian(P - below))
        )
      }
    })

    it('refuses sizes that do not fit', () => {
      const key = new Uint8Array(32)
      assert.equal(addon.x25519(key.subarray(1), NO_POINTS, key.subarray(1)), AddonStatus.BAD_SIZE)
      assert.equal(addon.x25519(key, key.subarray(1), key), AddonStatus.BAD_SIZE)
      assert.equal(addon.x25519(key, NO_POINTS, key.subarray(1)), AddonStatus.BAD_SIZE)
      assert.equal(addon.x25519(new Uint8Array(64), key, new Uint8Array(64)), AddonStatus.BAD_SIZE)
    })
  })
})
