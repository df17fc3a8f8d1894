// The addon and its plain twin are told the same, in any order, and answer the same, on every kernel.

import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import fc from 'fast-check'
import {addonRelayCrypto} from '../../src/crypto/relay-crypto/addon.ts'
import {plainRelayCrypto} from '../../src/crypto/relay-crypto/plain.ts'
import {
  RELAY_BODY_SIZE,
  RELAY_KEY_SIZES,
  type RelayAlgorithm,
  type RelayDirection
} from '../../src/crypto/relay-crypto/relay-crypto.ts'
import {onAddon} from '../support/addon.ts'

const octets = (size: number) => fc.uint8Array({minLength: size, maxLength: size, size: 'max'})

const body = fc.tuple(octets(RELAY_BODY_SIZE), fc.boolean()).map(([plain, isZero]) => {
  if (isZero) plain.fill(0, 1, 3)
  return plain
})

/** What may be done with a direction. `echo` is what a peer does: it seals, so that the cell is recognized here. */
const action = fc.constantFrom('crypt', 'seal', 'recognize', 'echo', 'tag')

/** What a direction answers, the octets it leaves in the body included. */
function act(name: string, direction: RelayDirection, peer: RelayDirection, cell: Uint8Array): unknown {
  switch (name) {
    case 'crypt':
      return direction.crypt(cell)
    case 'seal':
      return direction.seal(cell)
    case 'recognize':
      return direction.recognize(cell)
    case 'echo':
      cell.fill(0, 1, 3)
      peer.seal(cell)
      return direction.recognize(cell)
    default:
      try {
        return direction.tag()
      } catch (error) {
        return String(error)
      }
  }
}

onAddon(addon => {
  for (const kernel of addon.kernels) {
    const native = addonRelayCrypto(addon, kernel)
    for (const algorithm of ['tor1', 'hs'] as const satisfies readonly RelayAlgorithm[]) {
      describe(`${algorithm} twins on ${kernel}`, () => {
        it('answer alike whatever they are told', () => {
          const sizes = RELAY_KEY_SIZES[algorithm]
          const actions = fc.array(fc.tuple(action, body), {maxLength: 30})
          fc.assert(
            fc.property(octets(sizes.digestSeed), octets(sizes.key), actions, (seed, key, todo) => {
              const twins = [native, plainRelayCrypto].map(crypto => ({
                direction: crypto.open(algorithm, seed, key),
                peer: crypto.open(algorithm, seed, key)
              }))
              for (const [name, cell] of todo) {
                const [one, other] = twins.map(({direction, peer}) => {
                  const copy = cell.slice()
                  return {answer: act(name, direction, peer, copy), body: copy}
                })
                assert.deepEqual(one, other)
              }
              for (const {direction, peer} of twins) {
                direction.close()
                peer.close()
              }
            }),
            {numRuns: 60, seed: 3}
          )
        })
      })
    }
  }
})
