// tor-spec 4.1: agreeing on a link version, and the bounds on a handshake that does not end.

import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {encodeCell} from '../../../src/channel/cell-framer.ts'
import {
  LinkHandshake,
  MAX_HANDSHAKE_CELL_BODY,
  MAX_HANDSHAKE_CELLS,
  MAX_HANDSHAKE_OCTETS
} from '../../../src/channel/link-handshake.ts'
import {ChannelCommand} from '../../../src/wire/channel-cell.ts'
import {
  changing,
  commandOf,
  faultOf,
  initiatorOptions,
  makeRelay,
  type Relay,
  responderOptions,
  runHandshake
} from './ends.ts'

const {VERSIONS, VPADDING, AUTHORIZE} = ChannelCommand

let alice: Relay
let bob: Relay

before(async () => {
  alice = await makeRelay()
  bob = await makeRelay()
})

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
