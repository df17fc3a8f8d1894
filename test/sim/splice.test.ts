// Two circuits spliced in the data plane of a relay core, between clients that are written apart from src/: what one sends
// the other gets, octet for octet, and what ends one ends the other.

import assert from 'node:assert/strict'
import {after, before, test} from 'node:test'
import {openRendPoint} from '../../src/roles/rend-point/rend-point.ts'
import {ChannelCommand} from '../../src/wire/channel-cell.ts'
import {DestroyReason} from '../../src/wire/destroy.ts'
import {RELAY_BODY, RelayCommand} from '../../src/wire/relay-cell.ts'
import {randomOctets, startCore, type TestCore} from '../support/core.ts'
import {RawCircuit} from '../support/raw-circuit.ts'
import {RawLink} from '../support/raw-link.ts'
import {waitUntil} from '../support/wait-until.ts'

const SOON = {timeoutMs: 15_000, everyMs: 20}
const CELLS = 200
/** More than any kernel buffers for a loopback connection, and far more than a circuit's queue. */
const FLOOD_CELLS = 60_000
const FLOOD_PIECE = 500
const CIRCUIT_CELLS_MAX = 2500

const rendPoint = openRendPoint({refusesSingleHop: () => false, log: () => {}})
let relay: TestCore
let lastCircId = 0x80000000
const links: RawLink[] = []

before(async () => {
  relay = await startCore({deps: {roles: new Map(rendPoint.roles)}})
})

after(async () => {
  for (const link of links) link.socket.destroy()
  await relay.close()
})

async function openLink(): Promise<RawLink> {
  const {link} = await RawLink.handshake(relay.hop.addresses[0]?.port ?? 0)
  links.push(link)
  return link
}

interface Pair {
  readonly client: RawCircuit
  readonly service: RawCircuit
}

async function splice(clientLink?: RawLink, serviceLink?: RawLink): Promise<Pair> {
  const client = await RawCircuit.create(clientLink ?? (await openLink()), ++lastCircId)
  const service = await RawCircuit.create(serviceLink ?? (await openLink()), ++lastCircId)
  const cookie = randomOctets(20)
  client.send(RelayCommand.ESTABLISH_RENDEZVOUS, 0, cookie)
  assert.equal(await command(client), RelayCommand.RENDEZVOUS_ESTABLISHED)
  service.send(RelayCommand.RENDEZVOUS1, 0, Buffer.concat([cookie, randomOctets(64)]))
  assert.equal(await command(client), RelayCommand.RENDEZVOUS2)
  return {client, service}
}

async function command(circuit: RawCircuit): Promise<number | string> {
  const answer = await circuit.next()
  return answer.kind === 'message' ? answer.message.command : answer.kind
}

/** A relay cell's body that is for the other end: nothing that a relay could recognize. */
function foreignBody(): Uint8Array {
  const body = randomOctets(RELAY_BODY)
  body[1] = 1
  return body
}

test('rend-spec-v3 4.3: every cell of one circuit comes out of the other, in order and unchanged, both ways at once', async () => {
  const {client, service} = await splice()
  const forth = Array.from({length: CELLS}, foreignBody)
  const back = Array.from({length: CELLS}, foreignBody)
  for (let i = 0; i < CELLS; i++) {
    client.sendThrough(forth[i] as Uint8Array)
    service.sendThrough(back[i] as Uint8Array)
  }
  for (let i = 0; i < CELLS; i++) {
    const atService = await service.nextThrough()
    const atClient = await client.nextThrough()
    assert.equal(atService?.command, ChannelCommand.RELAY)
    assert.deepEqual(new Uint8Array(atService?.body ?? []), forth[i])
    assert.equal(atClient?.command, ChannelCommand.RELAY)
    assert.deepEqual(new Uint8Array(atClient?.body ?? []), back[i])
  }
})

test('rend-spec-v3 4.3: two circuits of one channel are spliced like any others', async () => {
  const link = await openLink()
  const {client, service} = await splice(link, link)
  const body = foreignBody()
  client.sendThrough(body)
  assert.deepEqual(new Uint8Array((await service.nextThrough())?.body ?? []), body)
})

test('tor-spec 5.6: RELAY_EARLY comes out of a splice as RELAY', async () => {
  const {client, service} = await splice()
  const body = foreignBody()
  client.sendThrough(body, {early: true})
  const cell = await service.nextThrough()
  assert.equal(cell?.command, ChannelCommand.RELAY)
  assert.deepEqual(new Uint8Array(cell?.body ?? []), body)
})

test('tor-spec 5.6: the ninth RELAY_EARLY ends both circuits', async () => {
  const {client, service} = await splice()
  for (let i = 0; i < 8; i++) client.sendThrough(foreignBody(), {early: true})
  for (let i = 0; i < 8; i++) assert.equal((await service.nextThrough())?.command, ChannelCommand.RELAY)
  client.sendThrough(foreignBody(), {early: true})
  for (const circuit of [client, service]) {
    const cell = await circuit.nextThrough()
    assert.equal(cell?.command, ChannelCommand.DESTROY)
    assert.equal(cell.body[0], DestroyReason.TORPROTOCOL)
  }
})

test('what either end says to the relay itself is still heard between cells that go through', async () => {
  const {client, service} = await splice()
  for (const circuit of [client, service]) {
    const other = circuit === client ? service : client
    circuit.sendThrough(foreignBody())
    circuit.send(RelayCommand.TRUNCATE, 0, Uint8Array.of(0))
    circuit.sendThrough(foreignBody())
    assert.equal(await command(circuit), RelayCommand.TRUNCATED)
    assert.equal((await other.nextThrough())?.command, ChannelCommand.RELAY)
    assert.equal((await other.nextThrough())?.command, ChannelCommand.RELAY)
  }
})

test('a DESTROY at one end is a DESTROY at the other, and never with the reason that came', async () => {
  const {client, service} = await splice()
  service.link.sendCell(service.id, ChannelCommand.DESTROY, Uint8Array.of(DestroyReason.HIBERNATING))
  const cell = await client.nextThrough()
  assert.equal(cell?.command, ChannelCommand.DESTROY)
  assert.equal(cell.body[0], DestroyReason.DESTROYED)
})

test('a channel that closes takes both circuits with it', async () => {
  const {client, service} = await splice()
  client.link.socket.destroy()
  const cell = await service.nextThrough()
  assert.equal(cell?.command, ChannelCommand.DESTROY)
  assert.equal(cell.body[0], DestroyReason.CHANNEL_CLOSED)
})

test('TROVE-2019-001: an end that does not read ends the path once its queue is full, and no other circuit waits for it', async () => {
  const {client, service} = await splice()
  const {violations} = relay.core.circuitCounters
  const before = violations['queue-full']
  client.link.socket.pause()
  const other = await RawCircuit.create(await openLink(), ++lastCircId)
  let slowestMs = 0
  for (let sent = 0; sent < FLOOD_CELLS && violations['queue-full'] === before; sent += FLOOD_PIECE) {
    for (let i = 0; i < FLOOD_PIECE; i++) service.sendThrough(foreignBody())
    const startedAt = performance.now()
    other.send(RelayCommand.TRUNCATE, 0, Uint8Array.of(0))
    assert.equal(await command(other), RelayCommand.TRUNCATED)
    slowestMs = Math.max(slowestMs, performance.now() - startedAt)
  }
  assert.equal(violations['queue-full'], before + 1)
  const cell = await service.nextThrough()
  assert.equal(cell?.command, ChannelCommand.DESTROY)
  assert.equal(cell.body[0], DestroyReason.RESOURCELIMIT)
  assert.ok(slowestMs < 5000, `another circuit waited ${slowestMs} ms`)
  assert.ok(relay.core.plane.queuedOctets < CIRCUIT_CELLS_MAX * 1000)
})

test('nothing of a splice is left once its circuits are gone', async () => {
  for (const link of links) link.socket.destroy()
  await waitUntil('every circuit to be gone', SOON, () => relay.core.registry.size === 0)
  assert.equal(rendPoint.size(), 0)
})
