// The addon's CGO and its plain twin are told the same, in any order, and answer the same, on every kernel.

import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import fc from 'fast-check'
import {AddonStatus} from '../../src/crypto/binding.ts'
import {addonCgoCrypto} from '../../src/crypto/relay-crypto/cgo-addon.ts'
import type {CgoCrypto, CgoOrigin, CgoRelay} from '../../src/crypto/relay-crypto/cgo-hop.ts'
import {plainCgoCrypto} from '../../src/crypto/relay-crypto/cgo-plain.ts'
import {BugError} from '../../src/fault/fault.ts'
import {onAddon} from '../support/addon.ts'
import {cgoCryptos} from '../support/relay-cryptos.ts'

const octets = (size: number) => fc.uint8Array({minLength: size, maxLength: size, size: 'max'})

/** What may happen on a hop with both its ends; the last two are whole journeys, which end recognized. */
const action = fc.record({
  what: fc.constantFrom('outbound', 'inbound', 'originate', 'there', 'back', 'tag'),
  atRelay: fc.boolean(),
  command: fc.constantFrom(3, 9, 0, 255),
  body: octets(509)
})
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

interface Ends {
  readonly relay: CgoRelay
  readonly origin: CgoOrigin
}

function act({relay, origin}: Ends, {what, atRelay, command, body}: Action): unknown {
  const end = atRelay ? relay : origin
  switch (what) {
    case 'tag':
      try {
        return end.tag()
      } catch (error) {
        return String(error)
      }
    case 'there':
      origin.originate(command, body)
      return relay.outbound(command, body)
    case 'back':
      relay.originate(command, body)
      return origin.inbound(command, body)
    case 'originate':
      return end.originate(command, body)
    default:
      return end[what](command, body)
  }
}

function openEnds(crypto: CgoCrypto, material: Uint8Array, tweaks: Uint8Array): Ends {
  return {relay: crypto.openRelay(material, tweaks), origin: crypto.openOrigin(material, tweaks)}
}

const isBug = (code: string) => (error: unknown) => error instanceof BugError && error.fault.code === code

onAddon(addon => {
  for (const kernel of addon.kernels) {
    describe(`CGO twins on ${kernel}`, () => {
      it('answer alike whatever they are told', () => {
        fc.assert(
          fc.property(
            octets(160),
            octets(32),
            fc.array(action, {maxLength: 24}),
            (material, tweaks, todo) => {
              const twins = [addonCgoCrypto(addon, kernel), plainCgoCrypto].map(crypto =>
                openEnds(crypto, material, tweaks)
              )
              for (const step of todo) {
                const [one, other] = twins.map(ends => {
                  const body = step.body.slice()
                  return {answer: act(ends, {...step, body}), body}
                })
                assert.deepEqual(one, other)
              }
              for (const {relay, origin} of twins) {
                relay.close()
                origin.close()
              }
            }
          ),
          {numRuns: 40, seed: 4}
        )
      })
    })
  }

  it('stale and made-up handles, commands and bodies of CGO are refused', () => {
    const before = addon.openDirections()
    const handle = new Uint32Array(2)
    const material = new Uint8Array(160)
    const tweaks = new Uint8Array(32)
    assert.equal(addon.cgoOpen(2, material, tweaks, 0, handle), AddonStatus.BAD_CHOICE)
    assert.equal(addon.cgoOpen(0, material, tweaks, 99, handle), AddonStatus.BAD_CHOICE)
    assert.equal(addon.cgoOpen(0, material.subarray(1), tweaks, 0, handle), AddonStatus.BAD_SIZE)
    assert.equal(addon.cgoOpen(0, material, tweaks.subarray(1), 0, handle), AddonStatus.BAD_SIZE)
    assert.equal(addon.openDirections(), before)
    assert.equal(addon.cgoOpen(0, material, tweaks, 0, handle), undefined)
    const [slot, generation] = handle as unknown as [number, number]
    const body = new Uint8Array(509)
    for (const call of ['cgoOutbound', 'cgoInbound', 'cgoOriginate'] as const) {
      assert.equal(addon[call](slot, generation + 1, 3, body), AddonStatus.STALE_HANDLE)
      assert.equal(addon[call](slot + 1000, generation, 3, body), AddonStatus.STALE_HANDLE)
      assert.equal(addon[call](slot, generation, 256, body), AddonStatus.BAD_CHOICE)
      assert.equal(addon[call](slot, generation, 3, body.subarray(1)), AddonStatus.BAD_SIZE)
    }
    assert.equal(addon.cgoTag(slot, generation, new Uint8Array(16)), AddonStatus.NO_TAG)
    assert.deepEqual(body, new Uint8Array(509))
    assert.equal(addon.cgoClose(slot, generation), undefined)
    assert.equal(addon.cgoClose(slot, generation), AddonStatus.STALE_HANDLE)
    assert.equal(addon.openDirections(), before)
  })
})

for (const crypto of cgoCryptos()) {
  it(`a CGO hop on ${crypto.name} calls wrong sizes, a tag before any cell, and use after close bugs`, () => {
    assert.throws(() => crypto.openRelay(new Uint8Array(159)), isBug('cgo-key-size'))
    assert.throws(() => crypto.openOrigin(new Uint8Array(160), new Uint8Array(31)), isBug('cgo-tweaks-size'))
    const material = new Uint8Array(160).fill(1)
    for (const hop of [crypto.openRelay(material), crypto.openOrigin(material)]) {
      assert.throws(() => hop.tag(), isBug('relay-tag-before-cell'))
      for (const call of ['outbound', 'inbound', 'originate'] as const) {
        assert.throws(() => hop[call](3, new Uint8Array(508)), isBug('relay-body-size'))
        assert.throws(() => hop[call](256, new Uint8Array(509)), isBug('cgo-command'))
      }
      hop.originate(3, new Uint8Array(509))
      const tag = hop.tag()
      const kept = tag.slice()
      hop.close()
      hop.close()
      assert.deepEqual(tag, kept)
      assert.throws(() => hop.tag(), isBug('relay-direction-closed'))
      for (const call of ['outbound', 'inbound', 'originate'] as const) {
        assert.throws(() => hop[call](3, new Uint8Array(509)), isBug('relay-direction-closed'))
      }
    }
  })
}
