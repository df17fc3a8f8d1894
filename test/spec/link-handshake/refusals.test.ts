// tor-spec 4.1, 4.3, 4.4, 4.5: what closes a handshake besides cells out of place and bad certificates, and what does not.

import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {concat} from '../../../src/bytes/octets.ts'
import {encodeCell} from '../../../src/channel/cell-framer.ts'
import type {InitiatorOptions} from '../../../src/channel/handshake-options.ts'
import {
  LinkHandshake,
  MAX_HANDSHAKE_CELL_BODY,
  MAX_HANDSHAKE_CELLS,
  MAX_HANDSHAKE_OCTETS
} from '../../../src/channel/link-handshake.ts'
import {netinfoBody} from '../../../src/channel/netinfo.ts'
import {encode} from '../../../src/codec/codec.ts'
import {authChallenge} from '../../../src/wire/auth-challenge.ts'
import {ChannelCommand} from '../../../src/wire/channel-cell.ts'
import {
  type Ends,
  endIn,
  exporter,
  INITIATOR_ADDRESS,
  initiatorOptions,
  type Meddler,
  makeRelay,
  NOW,
  RESPONDER_ADDRESS,
  type Relay,
  type Role,
  responderOptions,
  runHandshake
} from './ends.ts'

const {VERSIONS, NETINFO, VPADDING, AUTH_CHALLENGE, AUTHENTICATE, AUTHORIZE} = ChannelCommand

let alice: Relay
let bob: Relay

before(async () => {
  alice = await makeRelay()
  bob = await makeRelay()
})

function faultOf(ends: Ends, role: Role): string {
  const end = ends[role]
  if (end?.kind === 'closed') return end.fault.code
  return end?.kind === 'verified' ? `verified ${end.channel.peer.kind}` : 'waits'
}

/** On links of version 4 and 5: the command of a cell that is not VERSIONS. */
function commandOf(octets: Uint8Array): number {
  return octets[2] === VERSIONS && octets[0] === 0 && octets[1] === 0 ? VERSIONS : (octets[4] as number)
}

/** Changes the cells of one command that one end sends. */
function changing(
  role: Role,
  command: number,
  change: (octets: Uint8Array) => readonly Uint8Array[]
): Meddler {
  return (from, pieces) =>
    pieces.flatMap(octets => (from === role && commandOf(octets) === command ? change(octets) : [octets]))
}

function responderGiven(versionsBody: readonly number[]) {
  const responder = LinkHandshake.responder(responderOptions(bob))
  const step = responder.receive(encodeCell(0, 0, VERSIONS, new Uint8Array(versionsBody)))
  return {responder, step}
}

describe('VERSIONS', () => {
  it('leads to the greatest version that both ends name', () => {
    const {step} = responderGiven([0, 3, 0, 5, 0, 4, 0, 9, 255, 255])
    assert.ok(step.kind === 'continue')
    // CERTS, after the narrow VERSIONS, has a wide circuit id.
    assert.deepEqual(step.send.map(commandOf), [VERSIONS, 129, 130, 8])
    assert.equal(step.send[3]?.length, 514)
  })

  it('with nothing in common, with none, or with versions before 3 alone closes the link', () => {
    for (const body of [[0, 6], [], [0, 1], [0, 2], [0, 1, 0, 2], [3, 0]]) {
      const {step} = responderGiven(body)
      assert.equal(step.kind === 'closed' && step.fault.code, 'no-common-version')
    }
  })

  it('of an odd length closes the link', () => {
    const {step} = responderGiven([0, 5, 0])
    assert.equal(step.kind === 'closed' && step.fault.code, 'versions-odd-length')
  })

  it('is answered by the initiator with silence until CERTS has come', () => {
    const initiator = LinkHandshake.initiator(initiatorOptions(alice, bob))
    const step = initiator.receive(encodeCell(0, 0, VERSIONS, new Uint8Array([0, 5])))
    assert.deepEqual(step, {kind: 'continue', send: []})
  })

  it('may come after VPADDING and AUTHORIZE, which count for the transcript', () => {
    const before = [
      encodeCell(0, 0, VPADDING, new Uint8Array(30)),
      encodeCell(0, 0, AUTHORIZE, new Uint8Array(4))
    ]
    const ends = runHandshake(
      initiatorOptions(alice, bob),
      responderOptions(bob),
      changing('initiator', VERSIONS, octets => [...before, octets])
    )
    // The initiator did not say them, so its CLOG is another one: what was not said shows.
    assert.equal(faultOf(ends, 'responder'), 'authenticate-mismatch')
  })
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

describe('A handshake that does not end', () => {
  const padding = (length: number) => encodeCell(5, 0, VPADDING, new Uint8Array(length))

  it(`is closed after ${MAX_HANDSHAKE_CELLS} cells`, () => {
    const {responder} = responderGiven([0, 5])
    for (let cells = 1; cells < MAX_HANDSHAKE_CELLS; cells++) {
      assert.equal(responder.receive(padding(0)).kind, 'continue')
    }
    const step = responder.receive(padding(0))
    assert.equal(step.kind === 'closed' && step.fault.code, 'handshake-too-long')
  })

  it(`is closed after ${MAX_HANDSHAKE_OCTETS} octets`, () => {
    const {responder} = responderGiven([0, 5])
    let octets = 7
    for (; octets + 8007 <= MAX_HANDSHAKE_OCTETS; octets += 8007) {
      assert.equal(responder.receive(padding(8000)).kind, 'continue')
    }
    const step = responder.receive(padding(8000))
    assert.equal(step.kind === 'closed' && step.fault.code, 'handshake-too-long')
  })

  it('is closed at the header of a cell longer than any handshake has', () => {
    const {responder} = responderGiven([0, 5])
    const step = responder.receive(padding(MAX_HANDSHAKE_CELL_BODY + 1).subarray(0, 7))
    assert.equal(step.kind === 'closed' && step.fault.code, 'cell-too-long')
  })
})
