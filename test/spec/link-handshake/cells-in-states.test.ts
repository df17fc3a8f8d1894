// tor-spec 4: which cell may come when. Every command, known and unknown, in every state of both ends.

import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {encodeCell} from '../../../src/channel/cell-framer.ts'
import {netinfoBody} from '../../../src/channel/netinfo.ts'
import {ChannelCommand} from '../../../src/wire/channel-cell.ts'
import {endIn, INITIATOR_ADDRESS, initiatorOptions, makeRelay, type Relay, responderOptions} from './ends.ts'

const {VERSIONS, NETINFO, VPADDING, CERTS, AUTH_CHALLENGE, AUTHENTICATE, AUTHORIZE, RELAY} = ChannelCommand

/** The states, and in each the commands that mean something there and what comes of the cells that the test sends. */
const STATES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'responder-expect-versions': {[VERSIONS]: 'responder-expect-certs'},
  'responder-expect-certs': {[CERTS]: 'cell-malformed', [NETINFO]: 'verified client'},
  'responder-expect-authenticate': {[AUTHENTICATE]: 'cell-malformed', [NETINFO]: 'verified client'},
  'responder-expect-netinfo': {[NETINFO]: 'verified relay'},
  'initiator-expect-versions': {[VERSIONS]: 'initiator-expect-certs'},
  'initiator-expect-certs': {[CERTS]: 'cell-malformed'},
  'initiator-expect-auth-challenge': {[AUTH_CHALLENGE]: 'cell-malformed', [NETINFO]: 'verified relay'},
  'initiator-expect-netinfo': {[NETINFO]: 'verified relay'}
}

const COMMANDS = [...Object.values(ChannelCommand), 13, 99, 127, 133, 255]

let alice: Relay
let bob: Relay

before(async () => {
  alice = await makeRelay()
  bob = await makeRelay()
})

function bodyOf(command: number): Uint8Array {
  if (command === VERSIONS) return new Uint8Array([0, 3, 0, 4, 0, 5])
  if (command === NETINFO) return netinfoBody(0, INITIATOR_ADDRESS, [])
  return new Uint8Array(0)
}

/** What the rules say of a command in a state, where the state itself says nothing of it. */
function generalRule(state: string, command: number): string {
  if (command === VPADDING || command === AUTHORIZE) return state
  if (state.endsWith('expect-versions')) return 'unexpected-cell'
  if (command === VERSIONS) return state
  const hasMeaning = command === CERTS || command === AUTH_CHALLENGE || command === AUTHENTICATE
  return command >= 128 && !hasMeaning ? state : 'unexpected-cell'
}

for (const [state, meanings] of Object.entries(STATES)) {
  describe(`In ${state}`, () => {
    for (const command of COMMANDS) {
      const expected = meanings[command] ?? generalRule(state, command)
      it(`a cell of command ${command} leads to: ${expected}`, () => {
        const {end, linkVersion} = endIn(state, initiatorOptions(alice, bob), responderOptions(bob))
        const step = end.receive(encodeCell(linkVersion, 0, command, bodyOf(command)))
        if (step.kind === 'verified') assert.equal(`verified ${step.channel.peer.kind}`, expected)
        else if (step.kind === 'closed') {
          assert.equal(step.fault.code, expected)
          assert.equal(step.fault.blame, 'peer')
        } else assert.equal(end.waitsFor, expected)
      })
    }

    it('what the peer really says next is taken', () => {
      const {end, nextCells} = endIn(state, initiatorOptions(alice, bob), responderOptions(bob))
      const [cell] = nextCells
      assert.ok(cell !== undefined)
      const step = end.receive(cell)
      assert.equal(step.kind, state.endsWith('netinfo') ? 'verified' : 'continue')
      assert.equal(step.kind === 'continue' && end.waitsFor === state, false)
    })

    if (!state.endsWith('expect-versions')) {
      it('a second VERSIONS is passed over, unless its length is odd', () => {
        const {end} = endIn(state, initiatorOptions(alice, bob), responderOptions(bob))
        // VERSIONS is recognised by the width in force, like every other cell.
        const again = new Uint8Array([0, 0, 0, 0, VERSIONS, 0, 2, 0, 3])
        assert.equal(end.receive(again).kind, 'continue')
        const odd = end.receive(new Uint8Array([0, 0, 0, 0, VERSIONS, 0, 3, 0, 3, 0]))
        assert.equal(odd.kind === 'closed' && odd.fault.code, 'versions-odd-length')
      })

      it('a cell with a meaning must have circuit id 0', () => {
        for (const command of [CERTS, AUTH_CHALLENGE, AUTHENTICATE]) {
          const {end} = endIn(state, initiatorOptions(alice, bob), responderOptions(bob))
          const step = end.receive(encodeCell(5, 1, command, new Uint8Array(8)))
          assert.equal(step.kind === 'closed' && step.fault.code, 'circ-id-nonzero')
        }
      })
    }
  })
}

describe('After the handshake', () => {
  it('what came behind NETINFO in the same chunk is left in the framer for the channel', () => {
    const {end, linkVersion, nextCells} = endIn(
      'responder-expect-netinfo',
      initiatorOptions(alice, bob),
      responderOptions(bob)
    )
    const relayCell = encodeCell(linkVersion, 0x80000005, RELAY, new Uint8Array(509).fill(4))
    const chunk = Buffer.concat([nextCells[0] as Uint8Array, relayCell, relayCell.subarray(0, 100)])
    const step = end.receive(chunk)
    assert.ok(step.kind === 'verified')
    assert.equal(step.framer.next()?.circId, 0x80000005)
    assert.equal(step.framer.next(), undefined)
    assert.equal(step.framer.pending, 100)
    step.framer.push(relayCell.subarray(100))
    assert.equal(step.framer.next()?.circId, 0x80000005)
  })

  it('nothing more is taken', () => {
    const {end, nextCells} = endIn(
      'responder-expect-netinfo',
      initiatorOptions(alice, bob),
      responderOptions(bob)
    )
    assert.equal(end.receive(nextCells[0] as Uint8Array).kind, 'verified')
    assert.throws(() => end.receive(nextCells[0] as Uint8Array), /handshake-over/)
  })
})
