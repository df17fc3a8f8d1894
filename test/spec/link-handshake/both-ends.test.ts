// tor-spec 4: the two ends of a handshake, each built from the same states that meet C tor in test/interop.

import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import type {VerifiedChannel} from '../../../src/channel/channel.ts'
import {
  type Ends,
  INITIATOR_ADDRESS,
  initiatorOptions,
  makeRelay,
  NOW,
  RESPONDER_ADDRESS,
  type Relay,
  responderOptions,
  runHandshake
} from './ends.ts'

let alice: Relay
let bob: Relay

before(async () => {
  alice = await makeRelay()
  bob = await makeRelay()
})

function channels(ends: Ends): {initiator: VerifiedChannel; responder: VerifiedChannel} {
  const {initiator, responder} = ends
  if (initiator?.kind !== 'verified') assert.fail(`initiator: ${JSON.stringify(initiator)}`)
  if (responder?.kind !== 'verified') assert.fail(`responder: ${JSON.stringify(responder)}`)
  return {initiator: initiator.channel, responder: responder.channel}
}

for (const linkVersion of [3, 4, 5]) {
  describe(`A handshake on link protocol ${linkVersion}`, () => {
    it('gives two relays a channel on which each knows who the other is', () => {
      const only = {linkVersions: [linkVersion]}
      const {initiator, responder} = channels(
        runHandshake(initiatorOptions(alice, bob, only), responderOptions(bob))
      )
      assert.equal(initiator.linkVersion, linkVersion)
      assert.equal(responder.linkVersion, linkVersion)
      assert.deepEqual(initiator.peer, {
        kind: 'relay',
        rsaIdentity: bob.identity.rsaIdentity,
        ed25519Identity: bob.identity.ed25519Identity
      })
      assert.deepEqual(responder.peer, {
        kind: 'relay',
        rsaIdentity: alice.identity.rsaIdentity,
        ed25519Identity: alice.identity.ed25519Identity
      })
      assert.equal(initiator.weAuthenticated, true)
      assert.notEqual(initiator.ownCircIdHalf, responder.ownCircIdHalf)
      assert.deepEqual(initiator.observedOwnAddress, INITIATOR_ADDRESS)
      assert.deepEqual(responder.observedOwnAddress, RESPONDER_ADDRESS)
      assert.deepEqual(initiator.peerAddresses, [RESPONDER_ADDRESS])
      assert.deepEqual(responder.peerAddresses, [INITIATOR_ADDRESS])
      assert.equal(initiator.isCanonical && initiator.isCanonicalToPeer, true)
      assert.equal(responder.isCanonical && responder.isCanonicalToPeer, true)
      assert.equal(initiator.clockSkewSeconds, 0)
      assert.equal(responder.peerTime, NOW)
    })

    it('gives a client a channel on which the relay does not know who it is', () => {
      const only = {linkVersions: [linkVersion]}
      const {initiator, responder} = channels(
        runHandshake(initiatorOptions(undefined, bob, only), responderOptions(bob))
      )
      assert.deepEqual(responder.peer, {kind: 'client'})
      assert.equal(responder.peerTime, undefined)
      assert.equal(responder.clockSkewSeconds, undefined)
      assert.deepEqual(responder.peerAddresses, [])
      assert.equal(initiator.peer.kind, 'relay')
      assert.equal(initiator.weAuthenticated, false)
      assert.equal(responder.ownCircIdHalf, linkVersion === 3 ? 'none' : 'low')
      assert.equal(initiator.ownCircIdHalf, 'high')
    })
  })
}
