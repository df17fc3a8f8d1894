// CREATE cells at a relay, from a client that is written apart from src/.

import assert from 'node:assert/strict'
import {after, before, test} from 'node:test'
import {openNtor} from '../../../src/crypto/ntor.ts'
import {ChannelCommand} from '../../../src/wire/channel-cell.ts'
import {DestroyReason} from '../../../src/wire/destroy.ts'
import {startCore, type TestCore} from '../../support/core.ts'
import {RawCircuit} from '../../support/raw-circuit.ts'
import {type RawCell, RawLink} from '../../support/raw-link.ts'
import {waitUntil} from '../../support/wait-until.ts'

/** Link protocol 4: the initiator's half has the top bit. */
const OURS = 0x80000000

const SOON = {timeoutMs: 5000, everyMs: 20}

let relay: TestCore
let link: RawLink

before(async () => {
  relay = await startCore()
  link = (await RawLink.handshake(relay.hop.addresses[0]?.port ?? 0)).link
})

after(async () => {
  link.socket.destroy()
  await relay.close()
})

function create2(type: number, onionSkin: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(0, type, onionSkin.length >> 8, onionSkin.length & 0xff), onionSkin])
}

function ntorOnionSkin(): Uint8Array {
  const {rsaIdentity, ntorOnionKey} = relay.hop
  return openNtor({identity: rsaIdentity, onionKey: ntorOnionKey ?? new Uint8Array(32)}).onionSkin
}

async function answerTo(circId: number, command: number, body: Uint8Array): Promise<RawCell> {
  link.sendCell(circId, command, body)
  const cell = await link.nextCell()
  assert.equal(cell.circuitId, circId)
  return cell
}

test('tor-spec 5.1: CREATE2 with an ntor onion skin is answered with CREATED2', async () => {
  const cell = await answerTo(OURS + 1, ChannelCommand.CREATE2, create2(2, ntorOnionSkin()))
  assert.equal(cell.command, ChannelCommand.CREATED2)
  assert.equal(cell.body.readUInt16BE(0), 64)
})

for (const [what, type, onionSkin] of [
  ['TAP in CREATE2', 0, () => new Uint8Array(186)],
  ['CREATE_FAST in CREATE2', 1, () => new Uint8Array(20)],
  ['a handshake type that nobody knows', 99, () => new Uint8Array(84)],
  ['an ntor onion skin that is too short', 2, () => ntorOnionSkin().subarray(0, 83)],
  ['an ntor onion skin for another relay', 2, () => new Uint8Array(84).fill(7)],
  ['an ntor-v3 onion skin of zeros', 3, () => new Uint8Array(200)]
] as const) {
  test(`tor-spec 5.1: ${what} is refused with DESTROY PROTOCOL`, async () => {
    const cell = await answerTo(OURS + 100 + type, ChannelCommand.CREATE2, create2(type, onionSkin()))
    assert.equal(cell.command, ChannelCommand.DESTROY)
    assert.equal(cell.body[0], DestroyReason.TORPROTOCOL)
  })
}

test('CREATE, whose onion skin is TAP, is refused with DESTROY PROTOCOL', async () => {
  const cell = await answerTo(OURS + 200, ChannelCommand.CREATE, new Uint8Array(186))
  assert.equal(cell.command, ChannelCommand.DESTROY)
  assert.equal(cell.body[0], DestroyReason.TORPROTOCOL)
})

test('tor-spec 5.1.1: a circ_id of the responder’s half is refused', async () => {
  const cell = await answerTo(5, ChannelCommand.CREATE_FAST, new Uint8Array(20))
  assert.equal(cell.command, ChannelCommand.DESTROY)
  assert.equal(cell.body[0], DestroyReason.TORPROTOCOL)
})

test('tor-spec 5.1.1: a circ_id that is 0 or in use gets no answer, and its circuit goes on', async () => {
  const circuit = await RawCircuit.create(link, OURS + 300)
  const {creates} = relay.core.circuitCounters
  const before = creates['circ-id-in-use']
  link.sendCell(OURS + 300, ChannelCommand.CREATE_FAST, new Uint8Array(20))
  link.sendCell(0, ChannelCommand.CREATE_FAST, new Uint8Array(20))
  await waitUntil('both are counted', SOON, () => creates['circ-id-in-use'] === before + 2)
  // TRUNCATE of a circuit that ends here is answered in any case.
  circuit.send(8, 0, Uint8Array.of(DestroyReason.NONE))
  const answer = await circuit.next()
  assert.ok(answer.kind === 'message' && answer.message.command === 9)
})

test('a DESTROY while the onion skin is being answered cancels the circuit', async () => {
  const {creates} = relay.core.circuitCounters
  const circuits = relay.core.registry.size
  link.sendCell(OURS + 400, ChannelCommand.CREATE2, create2(2, ntorOnionSkin()))
  link.sendCell(OURS + 400, ChannelCommand.DESTROY, Uint8Array.of(DestroyReason.FINISHED))
  await waitUntil('it is counted', SOON, () => creates.cancelled === 1)
  assert.equal(relay.core.registry.size, circuits)
  // The id is free again.
  await RawCircuit.create(link, OURS + 400)
})
