// Readers that do not read, over real links: what waits for them is bounded per circuit and altogether, and those who have
// let cells wait longest are the ones who lose them.

import assert from 'node:assert/strict'
import {after, before, beforeEach, test} from 'node:test'
import {PlainPlane} from '../../../src/dataplane/plain/plain-plane.ts'
import {MemoryPressure, type MemorySubsystem} from '../../../src/roles/relay/memory-pressure.ts'
import {openRendPoint} from '../../../src/roles/rend-point/rend-point.ts'
import {DestroyReason} from '../../../src/wire/destroy.ts'
import {RelayCommand} from '../../../src/wire/relay-cell.ts'
import {startCore, type TestCore} from '../../support/core.ts'
import {RawCircuit} from '../../support/raw-circuit.ts'
import {RawCommand, RawLink} from '../../support/raw-link.ts'
import {SplicedLink} from '../../support/spliced-link.ts'
import {delay, waitUntil} from '../../support/wait-until.ts'

/** More than loopback sockets hold: what does not fit there waits in the relay. */
const FLOOD_CELLS = 30_000
const PRESSURE_CELLS = 20_000
/** What a waiting cell costs at most, and what a socket holds beside. */
const CELL_COST = 1000
const SOCKET_OCTETS = 66_000
/** So many waiting show that a circuit's first cells wait, whatever sockets hold of the later ones. */
const SOME_OCTETS = 1_000_000
const SOON = {timeoutMs: 20_000, everyMs: 10}
const NO_BOUND = 1_000_000
const LIMITS = {circuitCellsMax: 2500, outboundCellsMax: 2500, priorityHalfLifeMs: 30_000}

let relay: TestCore
let isPlain = true
let port = 0
/** What waited when a circuit had to go. */
let octetsAtViolation = 0

before(async () => {
  const {roles} = openRendPoint({refusesSingleHop: () => false, log: () => {}})
  relay = await startCore({deps: {roles: new Map(roles)}})
  port = relay.hop.addresses[0]?.port ?? 0
  isPlain = relay.core.plane instanceof PlainPlane
  const {registry, plane} = relay.core
  const violation = registry.violation.bind(registry)
  registry.violation = (circuit, kind) => {
    octetsAtViolation = plane.queuedOctets
    violation(circuit, kind)
  }
})

beforeEach(() => {
  relay.core.plane.setLimits(LIMITS)
})

after(async () => {
  await relay.close()
})

/** How a circuit ended, as its sender is told. */
async function destroyReason(circuit: RawCircuit): Promise<number> {
  for (;;) {
    const answer = await circuit.next()
    if (answer.kind === 'destroyed') return answer.reason
    assert.notEqual(answer.kind, 'closed')
  }
}

async function nothingWaits(): Promise<void> {
  await waitUntil('nothing waits any more', SOON, () => relay.core.plane.queuedOctets === 0)
}

for (const [cellsMax, name] of [
  [2500, 'its default'],
  [100, 'a new consensus']
] as const) {
  test(`circ_max_cell_queue_size (${name}): a slow reader's circuit is closed at ${cellsMax} cells (TROVE-2019-001)`, async () => {
    relay.core.plane.setLimits({...LIMITS, circuitCellsMax: cellsMax, outboundCellsMax: NO_BOUND})
    const before = relay.core.circuitCounters.violations['queue-full']
    const path = await SplicedLink.open(port, {sender: 2, reader: 3})
    path.stopReading()
    await path.send(FLOOD_CELLS)
    assert.equal(await destroyReason(path.sender), DestroyReason.RESOURCELIMIT)
    assert.equal(relay.core.circuitCounters.violations['queue-full'], before + 1)
    // Where cells wait in other threads, they may be gone by the time that this one hears of it.
    assert.ok(!isPlain || octetsAtViolation >= cellsMax * 514, `${octetsAtViolation} octets waited`)
    assert.ok(octetsAtViolation <= cellsMax * CELL_COST + SOCKET_OCTETS, `${octetsAtViolation} octets waited`)
    path.close()
    await nothingWaits()
  })
}

test('circ_max_cell_queue_size_out: a circuit whose next hop does not read is closed, and its client is told', async () => {
  relay.core.plane.setLimits({...LIMITS, circuitCellsMax: NO_BOUND, outboundCellsMax: NO_BOUND})
  // A next hop that reads next to nothing: a few octets a second beyond its handshake.
  const slow = await startCore({plane: {rate: 10, burst: 8000}})
  const told: unknown[] = []
  const middle = await startCore({deps: {outboundQueueFull: channel => told.push(channel)}})
  middle.core.plane.setLimits({...LIMITS, circuitCellsMax: NO_BOUND, outboundCellsMax: 60})
  const built = await relay.core.build([middle.hop, slow.hop], 10_000)
  assert.ok(built.ok, JSON.stringify(built))
  const {circuit} = built.value
  const ended = new Promise<string>(resolve => circuit.onClose(fault => resolve(fault.code)))
  for (let cells = 0; cells < FLOOD_CELLS && told.length === 0; cells += 100) {
    for (let i = 0; i < 100; i++) circuit.send(1, RelayCommand.DROP, 0, new Uint8Array(0))
    await delay(5)
  }
  assert.equal(await ended, 'circuit-destroyed')
  assert.equal(told.length, 1)
  assert.equal(middle.core.circuitCounters.violations['outbound-queue-full'], 1)
  await middle.close()
  await slow.close()
})

test('MaxMemInQueues: circuits go by the age of their oldest cell until a tenth is free; what is read goes on', async t => {
  relay.core.plane.setLimits({...LIMITS, circuitCellsMax: NO_BOUND, outboundCellsMax: NO_BOUND})
  // Three readers that do not read fill this, and one does not; a waiting cell costs the plain plane nearly twice as much.
  const limit = isPlain ? 24_000_000 : 13_500_000
  const told: Readonly<Record<MemorySubsystem, number>>[] = []
  let left = 0
  const pressure = new MemoryPressure({
    plane: relay.core.plane,
    trimmable: [],
    otherBytes: () => 0,
    limitBytes: () => limit,
    overloaded: freed => {
      told.push(freed)
      left = pressure.bytes
    }
  })
  const checks = setInterval(() => pressure.check(), 10)
  const healthy = await SplicedLink.open(port, {sender: 4, reader: 5})
  const slow: SplicedLink[] = []
  const ends = new Map<SplicedLink, number>()
  t.after(async () => {
    clearInterval(checks)
    for (const path of [healthy, ...slow]) path.close()
    await nothingWaits()
  })
  for (const host of [10, 12, 14]) {
    const path = await SplicedLink.open(port, {sender: host, reader: host + 1})
    slow.push(path)
    path.stopReading()
    void destroyReason(path.sender).then(
      reason => ends.set(path, reason),
      () => {}
    )
    const waiting = relay.core.plane.queuedOctets
    await path.send(PRESSURE_CELLS)
    // What has come in waits, and has had its check, before the next one begins to send.
    await waitUntil(
      'its cells wait',
      SOON,
      () => ends.size > 0 || relay.core.plane.queuedOctets > waiting + SOME_OCTETS
    )
    await delay(100)
    if (ends.size > 0) break
  }
  const [oldest, ...younger] = slow
  assert.ok(oldest !== undefined && younger.length > 0, 'one slow reader alone filled the memory')
  await waitUntil('a circuit is closed', SOON, () => ends.size > 0)
  assert.deepEqual([...ends.keys()], [oldest])
  assert.equal(ends.get(oldest), DestroyReason.RESOURCELIMIT)
  assert.equal(told.length, 1)
  assert.ok(told[0] !== undefined && told[0].cell >= limit / 10)
  assert.equal(pressure.freed.cell, told[0].cell)
  // Cells go on coming in while other threads make room.
  assert.ok(left < (isPlain ? 0.9 : 0.95) * limit, `${left} octets are left`)
  assert.ok(octetsAtViolation < 1.2 * limit, `${octetsAtViolation} octets waited`)
  assert.ok(!isPlain || octetsAtViolation >= limit, `${octetsAtViolation} octets waited`)
  await healthy.send(500)
  const bodies = Array.from({length: 500}, async () => (await healthy.reader.link.nextCell()).command)
  assert.deepEqual(new Set(await Promise.all(bodies)), new Set([RawCommand.RELAY]))
  // One that begins to read is not held to what was: its cells all come.
  const [survivor] = younger
  assert.ok(survivor !== undefined)
  survivor.reader.link.socket.resume()
  for (let cell = 0; cell < PRESSURE_CELLS; cell++) {
    assert.equal((await survivor.reader.link.nextCell()).command, RawCommand.RELAY)
  }
})

test('MaxMemInQueues: a peer that lets answers to its CREATE cells pile up loses its link, before others lose circuits', async () => {
  const path = await SplicedLink.open(port, {sender: 2, reader: 3})
  const {link} = await RawLink.handshake(port, [4, 5], '127.0.0.6')
  const first = await RawCircuit.create(link, 0x80000001)
  link.socket.pause()
  // Each CREATE on a circ_id of the wrong half is answered by DESTROY; nothing of it is read.
  const sent = await flood(link, () => relay.core.plane.queuedOctets > 500_000)
  assert.ok(sent, 'no answers piled up')
  const channels = relay.core.channels.size
  relay.core.plane.shedOldest(1, () => {})
  await waitUntil('a link is closed', SOON, () => relay.core.channels.size === channels - 1)
  await nothingWaits()
  link.socket.resume()
  assert.deepEqual(await first.next(), {kind: 'closed'})
  await path.send(10)
  assert.equal((await path.reader.link.nextCell()).command, RawCommand.RELAY)
  path.close()
})

/** CREATE_FAST on circ_ids that are not the peer's to use, until the relay has had enough. */
async function flood(link: RawLink, isEnough: () => boolean): Promise<boolean> {
  for (let round = 0; round < 400; round++) {
    for (let i = 1; i <= 250; i++) link.sendCell(i, RawCommand.CREATE_FAST, new Uint8Array(20))
    await delay(2)
    if (isEnough()) return true
  }
  return false
}
