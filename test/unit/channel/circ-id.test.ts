// tor-spec 5.1.1: who gives which circuit ids on a channel.

import assert from 'node:assert/strict'
import {randomBytes} from 'node:crypto'
import {describe, it} from 'node:test'
import {allocateCircId, circIdWidth, isPeerCircId, ownCircIdHalf} from '../../../src/channel/circ-id.ts'
import {generateRsa} from '../../../src/crypto/rsa.ts'

const one = generateRsa(1024)
const other = generateRsa(1024)
/** Moduli of one length: the greater number is the greater octet string. */
const [lesser, greater] = [one, other]
  .map(key => ({der: key.public.der, modulus: key.public.handle.export({format: 'jwk'}).n ?? ''}))
  .sort((a, b) => Buffer.compare(Buffer.from(a.modulus, 'base64url'), Buffer.from(b.modulus, 'base64url')))
  .map(({der}) => der) as [Uint8Array, Uint8Array]

describe('The halves of the circuit ids', () => {
  it('go by who opened the channel from link protocol 4 on, whoever the ends are', () => {
    for (const linkVersion of [4, 5]) {
      for (const [own, peer] of [
        [lesser, greater],
        [greater, lesser],
        [undefined, lesser],
        [lesser, undefined]
      ]) {
        assert.equal(ownCircIdHalf(linkVersion, 'initiator', {own, peer}), 'high')
        assert.equal(ownCircIdHalf(linkVersion, 'responder', {own, peer}), 'low')
      }
    }
  })

  it('go by the greater RSA identity key on link protocol 3, whoever opened the channel', () => {
    for (const role of ['initiator', 'responder'] as const) {
      assert.equal(ownCircIdHalf(3, role, {own: greater, peer: lesser}), 'high')
      assert.equal(ownCircIdHalf(3, role, {own: lesser, peer: greater}), 'low')
    }
  })

  it('leave nothing to a relay that does not know its peer on link protocol 3', () => {
    assert.equal(ownCircIdHalf(3, 'responder', {own: greater, peer: undefined}), 'none')
    assert.equal(ownCircIdHalf(3, 'initiator', {own: undefined, peer: lesser}), 'high')
  })
})

describe('A circuit id from the peer', () => {
  it('must not be 0 and must not be in our half', () => {
    for (const [linkVersion, top] of [
      [3, 0x8000],
      [4, 0x80000000],
      [5, 0x80000000]
    ] as const) {
      assert.equal(isPeerCircId(linkVersion, 'low', 0), false)
      assert.equal(isPeerCircId(linkVersion, 'none', 0), false)
      assert.equal(isPeerCircId(linkVersion, 'low', top - 1), false)
      assert.equal(isPeerCircId(linkVersion, 'low', top), true)
      assert.equal(isPeerCircId(linkVersion, 'high', top - 1), true)
      assert.equal(isPeerCircId(linkVersion, 'high', top), false)
      assert.equal(isPeerCircId(linkVersion, 'none', top), true)
      assert.equal(isPeerCircId(linkVersion, 'none', 1), true)
    }
  })
})

describe('A circuit id of ours', () => {
  it('is random, in our half, and of the width of the link', () => {
    for (const [linkVersion, half, least, most] of [
      [3, 'low', 1, 0x7fff],
      [3, 'high', 0x8001, 0xffff],
      [5, 'low', 1, 0x7fffffff],
      [5, 'high', 0x80000001, 0xffffffff]
    ] as const) {
      const drawn = Array.from(
        {length: 200},
        () => allocateCircId(linkVersion, half, () => false, randomBytes) ?? -1
      )
      assert.ok(drawn.every(circId => circId >= least && circId <= most))
      assert.ok(new Set(drawn).size > 150)
      assert.ok(drawn.every(circId => !isPeerCircId(linkVersion, half, circId)))
      assert.equal(circIdWidth(linkVersion), linkVersion === 3 ? 2 : 4)
    }
  })

  it('is never 0 nor one in use', () => {
    const draws = [
      [0, 0, 0, 0],
      [0x80, 0, 0, 0],
      [0, 0, 0, 9],
      [0, 0, 0, 10]
    ]
    const random = () => new Uint8Array(draws.shift() ?? [])
    assert.equal(
      allocateCircId(5, 'low', circId => circId === 9, random),
      10
    )
    assert.equal(draws.length, 0)
  })

  it('is not found after 64 tries in a space that is full, nor where we may give none', () => {
    let tries = 0
    const inUse = () => {
      tries += 1
      return true
    }
    assert.equal(
      allocateCircId(5, 'high', inUse, () => new Uint8Array([1, 2, 3, 4])),
      undefined
    )
    assert.equal(tries, 64)
    assert.equal(
      allocateCircId(3, 'none', () => false, randomBytes),
      undefined
    )
  })
})
