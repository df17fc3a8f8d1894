// tor-spec 4.3 and 4.4: the challenge, and what an AUTHENTICATE must be to prove a relay.

import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {concat} from '../../../src/bytes/octets.ts'
import {encodeCell} from '../../../src/channel/cell-framer.ts'
import {encode} from '../../../src/codec/codec.ts'
import {authChallenge} from '../../../src/wire/auth-challenge.ts'
import {ChannelCommand} from '../../../src/wire/channel-cell.ts'
import {
  changing,
  commandOf,
  endIn,
  exporter,
  faultOf,
  initiatorOptions,
  type Meddler,
  makeRelay,
  type Relay,
  responderOptions,
  runHandshake
} from './ends.ts'

const {NETINFO, VPADDING, AUTH_CHALLENGE, AUTHENTICATE} = ChannelCommand

let alice: Relay
let bob: Relay

before(async () => {
  alice = await makeRelay()
  bob = await makeRelay()
})

describe('AUTH_CHALLENGE', () => {
  it('with unknown methods beside ours is answered with AUTHENTICATE', () => {
    const body = encode(authChallenge, {challenge: new Uint8Array(32), methods: [1, 3, 99]})
    const {end} = endIn(
      'initiator-expect-auth-challenge',
      initiatorOptions(alice, bob),
      responderOptions(bob)
    )
    const step = end.receive(encodeCell(5, 0, AUTH_CHALLENGE, body))
    assert.ok(step.kind === 'continue')
    assert.deepEqual(step.send.map(commandOf), [AUTHENTICATE, NETINFO])
  })

  it('without a method that we know is answered with NETINFO alone', () => {
    for (const methods of [[], [1], [1, 2, 4]]) {
      const body = encode(authChallenge, {challenge: new Uint8Array(32), methods})
      const ends = runHandshake(
        initiatorOptions(alice, bob),
        responderOptions(bob),
        changing('responder', AUTH_CHALLENGE, () => [encodeCell(5, 0, AUTH_CHALLENGE, body)])
      )
      assert.equal(faultOf(ends, 'responder'), 'verified client')
      assert.ok(ends.initiator?.kind === 'verified')
      assert.equal(ends.initiator.channel.weAuthenticated, false)
      assert.equal(ends.initiator.channel.peer.kind, 'relay')
    }
  })

  it('that never comes leaves the responder without proof, and the link opens', () => {
    const ends = runHandshake(
      initiatorOptions(alice, bob),
      responderOptions(bob),
      changing('responder', AUTH_CHALLENGE, () => [])
    )
    assert.equal(faultOf(ends, 'responder'), 'verified client')
    assert.ok(ends.initiator?.kind === 'verified')
    assert.equal(ends.initiator.channel.weAuthenticated, false)
  })

  it('shorter than its challenge or its methods closes the link', () => {
    const body = encode(authChallenge, {challenge: new Uint8Array(32), methods: [3]})
    for (let length = 0; length < body.length; length++) {
      const {end} = endIn(
        'initiator-expect-auth-challenge',
        initiatorOptions(alice, bob),
        responderOptions(bob)
      )
      const step = end.receive(encodeCell(5, 0, AUTH_CHALLENGE, body.subarray(0, length)))
      assert.equal(step.kind === 'closed' && step.fault.code, 'cell-malformed', `${length} octets`)
    }
  })

  it('is passed over by a client', () => {
    const {end, nextCells} = endIn(
      'initiator-expect-auth-challenge',
      initiatorOptions(undefined, bob),
      responderOptions(bob)
    )
    const step = end.receive(nextCells[0] as Uint8Array)
    assert.deepEqual(step, {kind: 'continue', send: []})
    assert.equal(end.waitsFor, 'initiator-expect-netinfo')
  })
})

describe('AUTHENTICATE', () => {
  const changed = (at: number, flip = 1): Meddler =>
    changing('initiator', AUTHENTICATE, octets => {
      const copy = octets.slice()
      copy[at] = (copy[at] as number) ^ flip
      return [copy]
    })
  const run = (meddle: Meddler) => runHandshake(initiatorOptions(alice, bob), responderOptions(bob), meddle)

  it('with any one of its 352 octets changed is refused', () => {
    const bodyAt = 7 + 4
    for (let at = bodyAt; at < bodyAt + 352; at++) {
      const code = faultOf(run(changed(at)), 'responder')
      assert.equal(
        code,
        at < bodyAt + 264 ? 'authenticate-mismatch' : 'authenticate-bad-signature',
        `octet ${at}`
      )
    }
  })

  it('of another type, or of another length, is refused', () => {
    assert.equal(faultOf(run(changed(8, 2)), 'responder'), 'authenticate-type')
    // One octet fewer and one more than 352.
    assert.equal(faultOf(run(changed(10, 0x01)), 'responder'), 'cell-malformed')
    const shorter = changing('initiator', AUTHENTICATE, octets => {
      const body = octets.slice(7)
      body[3] = 0x5f
      return [encodeCell(5, 0, AUTHENTICATE, body)]
    })
    assert.equal(faultOf(run(shorter), 'responder'), 'authenticate-length')
    const longer = changing('initiator', AUTHENTICATE, octets => {
      const body = concat(octets.slice(7), new Uint8Array(1))
      body[3] = 0x61
      return [encodeCell(5, 0, AUTHENTICATE, body)]
    })
    assert.equal(faultOf(run(longer), 'responder'), 'authenticate-length')
  })

  it('may be followed in its cell by octets of a later version', () => {
    const padded = changing('initiator', AUTHENTICATE, octets => [
      encodeCell(5, 0, AUTHENTICATE, concat(octets.slice(7), new Uint8Array(3)))
    ])
    assert.equal(faultOf(run(padded), 'responder'), 'verified relay')
  })

  it('made for another TLS session is refused', () => {
    const elsewhere = {exportKeyingMaterial: exporter('another session')}
    const ends = runHandshake(initiatorOptions(alice, bob, elsewhere), responderOptions(bob))
    assert.equal(faultOf(ends, 'responder'), 'authenticate-mismatch')
  })

  it('relayed to another relay is refused', async () => {
    const carol = await makeRelay()
    const {nextCells: forBob} = endIn(
      'responder-expect-authenticate',
      initiatorOptions(alice, bob),
      responderOptions(bob)
    )
    const {end} = endIn(
      'responder-expect-authenticate',
      initiatorOptions(alice, carol),
      responderOptions(carol)
    )
    const step = end.receive(forBob[0] as Uint8Array)
    assert.equal(step.kind === 'closed' && step.fault.code, 'authenticate-mismatch')
  })

  it('is refused when a cell was slipped in before it, in either direction', () => {
    const padding = encodeCell(5, 0, VPADDING, new Uint8Array(9))
    const inbound = changing('responder', AUTH_CHALLENGE, octets => [padding, octets])
    assert.equal(faultOf(run(inbound), 'responder'), 'authenticate-mismatch')
    const outbound = changing('initiator', AUTHENTICATE, octets => [padding, octets])
    assert.equal(faultOf(run(outbound), 'responder'), 'authenticate-mismatch')
  })

  it('cannot be made or checked where TLS exports nothing, which is our fault', () => {
    const mute = {exportKeyingMaterial: () => undefined}
    const ours = runHandshake(initiatorOptions(alice, bob, mute), responderOptions(bob))
    assert.deepEqual(ours.initiator, {kind: 'closed', fault: {code: 'exporter-unavailable', blame: 'local'}})
    const theirs = runHandshake(initiatorOptions(alice, bob), responderOptions(bob, mute))
    assert.deepEqual(theirs.responder, {
      kind: 'closed',
      fault: {code: 'exporter-unavailable', blame: 'local'}
    })
  })

  it('that never comes makes whoever sent good certificates a client', () => {
    const ends = run(changing('initiator', AUTHENTICATE, () => []))
    assert.equal(faultOf(ends, 'responder'), 'verified client')
  })
})
