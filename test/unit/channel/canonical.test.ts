// tor-spec 5.3.1: which open channel may carry a circuit to a relay.

import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {
  type CarrierCandidate,
  canCarryExtend,
  chooseCarrier,
  isCanonical,
  MAX_AGE_FOR_NEW_CIRCUITS_MS,
  outrankedChannels
} from '../../../src/channel/canonical.ts'

const RSA = new Uint8Array(20).fill(1)
const ED = new Uint8Array(32).fill(2)
const OTHER_RSA = new Uint8Array(20).fill(3)
const OTHER_ED = new Uint8Array(32).fill(4)
const HERE = new Uint8Array([10, 0, 0, 1])
const THERE = new Uint8Array([10, 0, 0, 2])
const SIX = new Uint8Array(16).fill(5)
const NOW = 1_000_000_000_000

const peer = {kind: 'relay', rsaIdentity: RSA, ed25519Identity: ED} as const
const target = {rsaIdentity: RSA, ed25519Identity: ED, addresses: [HERE, SIX]}

function channel(changes: Partial<CarrierCandidate> = {}): CarrierCandidate {
  return {
    peer,
    address: HERE,
    isCanonical: true,
    isCanonicalToPeer: true,
    openedAtMs: NOW - 1000,
    circuitCount: 0,
    ...changes
  }
}

describe('A channel', () => {
  it('is canonical when the peer claims the address that it has', () => {
    assert.equal(isCanonical(peer, HERE, [THERE, HERE]), true)
    assert.equal(isCanonical(peer, HERE, [THERE, SIX]), false)
    assert.equal(isCanonical(peer, HERE, []), false)
  })

  it('is canonical when the consensus has that address for both of its identities', () => {
    const listed = {ed25519Identity: ED, addresses: [HERE]}
    assert.equal(isCanonical(peer, HERE, [], listed), true)
    assert.equal(isCanonical(peer, THERE, [], listed), false)
    assert.equal(isCanonical(peer, HERE, [], {...listed, ed25519Identity: OTHER_ED}), false)
    assert.equal(isCanonical(peer, HERE, [], {...listed, ed25519Identity: undefined}), true)
    assert.equal(isCanonical({kind: 'client'}, HERE, [], listed), false)
  })

  it('carries a circuit to the relay at its other end', () => {
    assert.equal(canCarryExtend(channel(), target, NOW), 'carries')
    assert.equal(canCarryExtend(channel(), {...target, ed25519Identity: undefined}, NOW), 'carries')
  })

  it('never carries one to a client', () => {
    assert.equal(canCarryExtend(channel({peer: {kind: 'client'}}), target, NOW), 'client')
  })

  it('does not carry one to a relay with another identity, be it only one of the two', () => {
    assert.equal(canCarryExtend(channel(), {...target, rsaIdentity: OTHER_RSA}, NOW), 'other-identity')
    assert.equal(canCarryExtend(channel(), {...target, ed25519Identity: OTHER_ED}, NOW), 'other-identity')
  })

  it('carries one while it is not canonical only to the very address that was asked for', () => {
    const doubtful = channel({isCanonical: false})
    assert.equal(canCarryExtend(doubtful, target, NOW), 'carries')
    assert.equal(canCarryExtend(doubtful, {...target, addresses: [THERE, SIX]}, NOW), 'other-address')
    assert.equal(canCarryExtend(channel({address: THERE}), target, NOW), 'carries')
  })

  it('takes no new circuits after seven days', () => {
    const openedAtMs = NOW - MAX_AGE_FOR_NEW_CIRCUITS_MS
    assert.equal(canCarryExtend(channel({openedAtMs}), target, NOW), 'carries')
    assert.equal(canCarryExtend(channel({openedAtMs: openedAtMs - 1}), target, NOW), 'too-old')
  })
})

describe('Of several channels', () => {
  const best = (channels: readonly CarrierCandidate[]) =>
    channels.indexOf(chooseCarrier(channels, target, NOW) as CarrierCandidate)

  it('a canonical one is chosen, then one that the peer finds canonical', () => {
    assert.equal(best([channel({isCanonical: false}), channel()]), 1)
    assert.equal(best([channel(), channel({isCanonical: false})]), 0)
    assert.equal(best([channel({isCanonicalToPeer: false}), channel()]), 1)
    assert.equal(best([channel({isCanonicalToPeer: false}), channel({isCanonical: false})]), 0)
  })

  it('the older is chosen, so that nobody can draw circuits onto a new one, then the busier', () => {
    assert.equal(best([channel(), channel({openedAtMs: NOW - 2000, circuitCount: 0})]), 1)
    assert.equal(best([channel({circuitCount: 9}), channel({openedAtMs: NOW - 2000})]), 1)
    assert.equal(best([channel({circuitCount: 1}), channel({circuitCount: 2}), channel()]), 1)
  })

  it('none is chosen where none may carry the circuit', () => {
    assert.equal(chooseCarrier([channel({peer: {kind: 'client'}})], target, NOW), undefined)
    assert.equal(chooseCarrier([], target, NOW), undefined)
  })

  it('all but the best are outranked once one is canonical', () => {
    const channels = [
      channel(),
      channel({openedAtMs: NOW - 5000, address: THERE}),
      channel({isCanonical: false})
    ]
    assert.deepEqual(outrankedChannels(channels, NOW), [channels[0], channels[2]])
  })

  it('only those at the address of the best are outranked while none is canonical', () => {
    const channels = [
      channel({isCanonical: false, openedAtMs: NOW - 5000}),
      channel({isCanonical: false}),
      channel({isCanonical: false, address: THERE})
    ]
    assert.deepEqual(outrankedChannels(channels, NOW), [channels[1]])
    assert.deepEqual(outrankedChannels([], NOW), [])
  })

  it('those that are too old take no part', () => {
    const old = channel({openedAtMs: NOW - MAX_AGE_FOR_NEW_CIRCUITS_MS - 1})
    assert.deepEqual(outrankedChannels([old, channel({isCanonical: false})], NOW), [])
  })
})
