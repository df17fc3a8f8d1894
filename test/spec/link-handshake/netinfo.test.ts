// tor-spec 4.5 and 5.3.1: the last cell of a handshake, and whether the peer is the relay that was meant.

import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {encodeCell} from '../../../src/channel/cell-framer.ts'
import type {InitiatorOptions} from '../../../src/channel/handshake-options.ts'
import {netinfoBody} from '../../../src/channel/netinfo.ts'
import {ChannelCommand} from '../../../src/wire/channel-cell.ts'
import {
  endIn,
  faultOf,
  INITIATOR_ADDRESS,
  initiatorOptions,
  makeRelay,
  NOW,
  RESPONDER_ADDRESS,
  type Relay,
  responderOptions,
  runHandshake
} from './ends.ts'

const {NETINFO} = ChannelCommand

let alice: Relay
let bob: Relay

before(async () => {
  alice = await makeRelay()
  bob = await makeRelay()
})

describe('NETINFO', () => {
  const given = (body: readonly number[]) => {
    const {end} = endIn('initiator-expect-netinfo', initiatorOptions(alice, bob), responderOptions(bob))
    return end.receive(encodeCell(5, 0, NETINFO, new Uint8Array(body)))
  }
  const time = [0, 0, 0, 7]
  const other = [4, 4, 127, 0, 0, 3]

  it('with an address of ours that has a wrong type or length closes the link', () => {
    for (const address of [
      [4, 5, 1, 2, 3, 4, 5],
      [6, 4, 1, 2, 3, 4],
      [0, 4, 1, 2, 3, 4],
      [9, 0],
      [4, 0]
    ]) {
      const step = given([...time, ...address, 0])
      assert.equal(step.kind === 'closed' && step.fault.code, 'netinfo-address')
    }
  })

  it('with such an address of its own opens it, and the address is passed over', () => {
    const own = [5, 4, 3, 9, 9, 9, 0, 3, 97, 98, 99, 6, 4, 1, 1, 1, 1, 4, 4, 127, 0, 0, 2, 4, 0]
    const step = given([...time, ...other, ...own])
    assert.ok(step.kind === 'verified')
    assert.deepEqual(step.channel.peerAddresses, [RESPONDER_ADDRESS])
    assert.equal(step.channel.isCanonical, true)
    assert.equal(step.channel.peerTime, 7)
    assert.equal(step.channel.clockSkewSeconds, 7 - NOW)
  })

  it('with IPv6 addresses opens it', () => {
    const six = Array.from({length: 16}, (_, i) => i)
    const step = given([...time, 6, 16, ...six, 1, 6, 16, ...six])
    assert.ok(step.kind === 'verified')
    assert.deepEqual(step.channel.observedOwnAddress, new Uint8Array(six))
    assert.deepEqual(step.channel.peerAddresses, [new Uint8Array(six)])
    assert.equal(step.channel.isCanonical, false)
    assert.equal(step.channel.isCanonicalToPeer, false)
  })

  it('that runs over its cell closes the link', () => {
    const own = Array.from({length: 30}, () => [6, 250, ...new Array(250).fill(1)]).flat()
    const step = given([...time, ...other, 30, ...own].slice(0, 509))
    assert.equal(step.kind === 'closed' && step.fault.code, 'cell-malformed')
    const countAlone = given([...time, ...other, 255, ...new Array(498).fill(6)])
    assert.equal(countAlone.kind === 'closed' && countAlone.fault.code, 'cell-malformed')
  })

  it('of a handshake that took three minutes says nothing of the clock', () => {
    let now = NOW
    const slow = {nowSeconds: () => now}
    const {end} = endIn('initiator-expect-netinfo', initiatorOptions(alice, bob, slow), responderOptions(bob))
    now += 180
    const step = end.receive(encodeCell(5, 0, NETINFO, netinfoBody(NOW, INITIATOR_ADDRESS, [])))
    assert.ok(step.kind === 'verified')
    assert.equal(step.channel.peerTime, NOW)
    assert.equal(step.channel.clockSkewSeconds, undefined)
  })
})

describe('The identity at the other end', () => {
  const closedFor = (expected: InitiatorOptions['expected'], initiator = alice) => {
    const ends = runHandshake(initiatorOptions(initiator, bob, {expected}), responderOptions(bob))
    return faultOf(ends, 'initiator')
  }

  it('must be the one that was wanted, RSA and Ed25519 each where it was named', () => {
    const {rsaIdentity, ed25519Identity} = bob.identity
    const wrong = alice.identity
    assert.equal(closedFor({rsaIdentity, ed25519Identity}), 'verified relay')
    assert.equal(closedFor({rsaIdentity}), 'verified relay')
    assert.equal(closedFor({ed25519Identity}), 'verified relay')
    assert.equal(closedFor({rsaIdentity: wrong.rsaIdentity, ed25519Identity}), 'identity-mismatch')
    assert.equal(closedFor({rsaIdentity, ed25519Identity: wrong.ed25519Identity}), 'identity-mismatch')
  })

  it('must not be our own, seen from either end', () => {
    assert.equal(closedFor({}, bob), 'connected-to-self')
    // Somebody with our keys who does not mind whom he reaches: he only looks away where an initiator checks.
    let looked = false
    const careless = {
      ...bob.identity,
      get ed25519Identity() {
        const first = !looked
        looked = true
        return first ? new Uint8Array(32) : bob.identity.ed25519Identity
      }
    }
    const ends = runHandshake(initiatorOptions({...bob, identity: careless}, bob), responderOptions(bob))
    assert.equal(faultOf(ends, 'responder'), 'connected-to-self')
  })
})
