// Every kernel against node:crypto: counter mode and running digests over random lengths, cut into random steps.

import assert from 'node:assert/strict'
import {createCipheriv, createHash} from 'node:crypto'
import {describe, it} from 'node:test'
import fc from 'fast-check'
import {concat} from '../../src/bytes/octets.ts'
import {AddonStatus} from '../../src/crypto/binding.ts'
import {onAddon} from '../support/addon.ts'

const DIGESTS = [
  {name: 'sha1', size: 20},
  {name: 'sha3-256', size: 32}
] as const

const octets = (size: number) => fc.uint8Array({minLength: size, maxLength: size})
const data = fc.uint8Array({maxLength: 3000, size: 'max'})
const step = fc.oneof(fc.integer({min: 1, max: 70}), fc.constant(509), fc.integer({min: 1, max: 3000}))
/** Counters in general, and those about to carry out of their low word or to wrap around. */
const counter = fc.oneof(
  octets(16),
  fc.tuple(octets(8), fc.integer({min: 0, max: 255})).map(([high, last]) => {
    const low = new Uint8Array(8).fill(0xff)
    low[7] = last
    return concat(high, low)
  }),
  fc.constant(new Uint8Array(16).fill(0xff))
)

onAddon(addon => {
  for (const [kernel, name] of addon.kernels.entries()) {
    describe(`primitives on ${name}`, () => {
      for (const bits of [128, 256] as const) {
        it(`AES-${bits} in counter mode is node:crypto's, in steps of any length`, () => {
          fc.assert(
            fc.property(octets(bits / 8), counter, data, step, (key, iv, plain, size) => {
              const cipher = createCipheriv(`aes-${bits}-ctr`, key, iv)
              const wanted = new Uint8Array(cipher.update(plain))
              assert.equal(addon.counterMode(kernel, key, iv, plain, size), undefined)
              assert.deepEqual(plain, wanted)
            }),
            {numRuns: 300, seed: 1}
          )
        })
      }

      for (const [number, digest] of DIGESTS.entries()) {
        it(`${digest.name} is node:crypto's at every peek`, () => {
          fc.assert(
            fc.property(data, step, (message, size) => {
              const hash = createHash(digest.name)
              const wanted: Uint8Array[] = []
              for (let at = 0; at < message.length; at += size) {
                wanted.push(
                  hash
                    .update(message.subarray(at, at + size))
                    .copy()
                    .digest()
                )
              }
              const digests = new Uint8Array(wanted.length * digest.size)
              assert.equal(addon.runningDigest(kernel, number, message, size, digests), undefined)
              assert.deepEqual(digests, concat(...wanted))
            }),
            {numRuns: 200, seed: 2}
          )
        })
      }
    })
  }

  it('sizes that do not fit are refused, not read past', () => {
    const key = new Uint8Array(16)
    assert.equal(addon.counterMode(0, key.subarray(1), key, key, 1), AddonStatus.BAD_SIZE)
    assert.equal(addon.counterMode(0, key, key.subarray(1), key, 1), AddonStatus.BAD_SIZE)
    assert.equal(addon.counterMode(0, key, key, key, 0), AddonStatus.BAD_SIZE)
    assert.equal(addon.counterMode(addon.kernels.length, key, key, key, 1), AddonStatus.BAD_CHOICE)
    assert.equal(addon.runningDigest(0, 0, key, 16, new Uint8Array(19)), AddonStatus.BAD_SIZE)
    assert.equal(addon.runningDigest(0, 0, key, 0, new Uint8Array(0)), AddonStatus.BAD_SIZE)
    assert.equal(addon.runningDigest(0, 2, key, 16, new Uint8Array(20)), AddonStatus.BAD_CHOICE)
  })
})
