// The defence by client address where it works: at TCP connections and CREATE cells that come over real links.

import assert from 'node:assert/strict'
import {connect, type Socket} from 'node:net'
import {after, before, test} from 'node:test'
import type {OwnCircuit} from '../../../src/stream/origin-streams.ts'
import {DestroyReason} from '../../../src/wire/destroy.ts'
import {RelayCommand} from '../../../src/wire/relay-cell.ts'
import {DOS_ON} from '../../support/address-bench.ts'
import {startCore, type TestCore} from '../../support/core.ts'
import {type DefendedCore, startDefendedCore} from '../../support/defended-core.ts'
import {RawCircuit} from '../../support/raw-circuit.ts'
import {RawCommand, type RawLink} from '../../support/raw-link.ts'
import {waitUntil} from '../../support/wait-until.ts'

const NOTHING = new Uint8Array(0)
const BUILD_MS = 10_000
const MANY = {rate: 10_000, burst: 10_000}
const SOON = {timeoutMs: 10_000, everyMs: 20}

let relay: DefendedCore
let origin: TestCore

before(async () => {
  relay = await startDefendedCore({...DOS_ON, connection: {...DOS_ON.connection, limit: MANY}})
  origin = await startCore()
})

after(async () => {
  await origin.close()
  await relay.close()
})

/** Sends octets on a stream of our own circuit and waits until they come back. */
async function echoes({streams}: OwnCircuit, octets: Uint8Array): Promise<void> {
  const opened = await streams.open(0, RelayCommand.BEGIN_DIR, NOTHING)
  assert.ok(opened.ok)
  const stream = opened.value
  let length = 0
  const back = new Promise<void>((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length === octets.length) resolve()
    })
    stream.once('close', () => reject(new Error(`closed after ${length}`)))
  })
  stream.write(octets)
  await back
  stream.destroy()
}

/** One DATA message there and back on a client's own circuit. */
async function clientEcho(circuit: RawCircuit, text: string): Promise<void> {
  circuit.send(RelayCommand.DATA, 1, Buffer.from(text))
  const answer = await circuit.next()
  assert.ok(answer.kind === 'message', answer.kind)
  assert.equal(answer.message.data.toString(), text)
}

async function openStream(circuit: RawCircuit): Promise<void> {
  circuit.send(RelayCommand.BEGIN_DIR, 1, NOTHING)
  const answer = await circuit.next()
  assert.ok(answer.kind === 'message' && answer.message.command === RelayCommand.CONNECTED)
}

/** TCP alone, from 127.0.0.`host`; resolves when it is up, and tells later whether the relay closed it. */
function tcp(host: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({host: '127.0.0.1', port: relay.port, localAddress: `127.0.0.${host}`})
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

test('an address with more connections than DoSConnectionMaxConcurrentCount is cut; relays and other addresses go on', async () => {
  const built = await origin.core.build([relay.hop], BUILD_MS)
  assert.ok(built.ok, JSON.stringify(built))
  // The relay's channel comes from 127.0.0.1 as well, and is the first of its hundred connections.
  const sockets: Socket[] = []
  let closed = 0
  for (let i = 0; i < 130; i++) {
    const socket = await tcp(1)
    sockets.push(socket)
    socket.on('error', () => {})
    socket.once('close', () => closed++)
  }
  await waitUntil('31 connections are closed', SOON, () => closed === 31)
  assert.equal(relay.defence.counters.concurrent_conn_rejected, 31)
  assert.equal(relay.core.plane.counters.linksRefused, 31)
  await echoes(built.value, new Uint8Array(50_000).fill(7))
  const other = await relay.client(2)
  const circuit = await RawCircuit.create(other, 0x80000001)
  await openStream(circuit)
  await clientEcho(circuit, 'still here')
  assert.equal(closed, 31)
  for (const socket of sockets) socket.destroy()
  await waitUntil('the address may connect again', SOON, async () => {
    const link = await relay.client(1)
    link.close()
    return true
  })
  other.close()
  built.value.circuit.close()
})

test('a circuit flood of one address is answered with DESTROY RESOURCELIMIT while the circuits of others carry data', async () => {
  const flooders = await Promise.all([1, 2, 3].map(() => relay.client(3)))
  const other = await relay.client(4)
  const circuit = await RawCircuit.create(other, 0x80000001)
  await openStream(circuit)
  const built = await origin.core.build([relay.hop], BUILD_MS)
  assert.ok(built.ok)
  const talk = async () => {
    for (let i = 0; i < 20; i++) await clientEcho(circuit, `message ${i}`)
  }
  const startedAtMs = performance.now()
  const [first] = await Promise.all([
    Promise.all(flooders.map(link => flood(link, 100))),
    echoes(built.value, new Uint8Array(200_000).fill(9)),
    talk()
  ])
  const created = first.reduce((sum, answers) => sum + answers.created, 0)
  const refused = first.reduce((sum, answers) => sum + answers.refused, 0)
  assert.equal(created + refused, 300)
  // Tokens that came back while the flood lasted let some more in, before the address was marked.
  const refilled = Math.ceil((3 * (performance.now() - startedAtMs)) / 1000)
  assert.ok(created >= 90 && created <= 90 + refilled, `${created} circuits were created`)
  assert.equal(relay.defence.counters.circuit_rejected, refused)
  assert.equal(relay.core.circuitCounters.creates['dos-refused'], refused)
  // A new link does not help; another address has nothing to do with it.
  const again = await flood(await relay.client(3), 3)
  assert.deepEqual(again, {created: 0, refused: 3})
  assert.deepEqual(await flood(other, 3, 0x80000100), {created: 3, refused: 0})
  for (const link of [...flooders, other]) link.close()
  built.value.circuit.close()
})

test('the circuits of an authenticated channel are not counted', async () => {
  const refusedBefore = relay.defence.counters.circuit_rejected
  for (let i = 0; i < 150; i++) {
    const built = await origin.core.build([relay.hop], BUILD_MS)
    assert.ok(built.ok, `circuit ${i}`)
    built.value.circuit.close()
  }
  assert.equal(relay.defence.counters.circuit_rejected, refusedBefore)
})

/** So many CREATE_FAST on one link, and how they were answered. */
async function flood(link: RawLink, count: number, firstId = 0x80001000) {
  for (let i = 0; i < count; i++)
    link.sendCell(firstId + i, RawCommand.CREATE_FAST, new Uint8Array(20).fill(i))
  const answers = {created: 0, refused: 0}
  while (answers.created + answers.refused < count) {
    const cell = await link.nextCell()
    if (cell.circuitId < firstId || cell.circuitId >= firstId + count) continue
    if (cell.command === RawCommand.CREATED_FAST) answers.created++
    else if (cell.command === RawCommand.DESTROY) {
      assert.equal(cell.body[0], DestroyReason.RESOURCELIMIT)
      answers.refused++
    }
  }
  return answers
}
