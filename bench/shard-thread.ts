// One thread of shard-threads.ts: a shard with links that bring cells and links that take them.
//
//   'channels' ─▶ all channels are open    'circuits' ─▶ circuits, half or more of them on to other shards
//   a number   ─▶ cells for so many milliseconds, and how many went out here

import {parentPort, workerData} from 'node:worker_threads'
import {loadAddon} from '../src/crypto/binding.ts'
import {channelHandle, NativeShard} from '../src/dataplane/shard/native-shard.ts'
import {RecordWriter} from '../src/dataplane/shard/record-writer.ts'
import {CommandKind, NO_COUNTER, SHARD_COUNTERS} from '../src/dataplane/shard/records.ts'
import {BusyLink, CELL, CELLS_A_CHUNK, circIdOf, LINKS} from './relay-path.ts'

export interface ThreadOrder {
  readonly index: number
  readonly shards: number
}

export interface ThreadCount {
  /** That went out of this thread's links. */
  readonly cells: number
  readonly perSecond: number
  /** Messages to other shards, per cell that came in. */
  readonly crossed: number
  readonly cpuNs: number
}

/** Per thread. */
const CIRCUITS = 64
const WAIT_MS = 0.02
const nobody = new Int32Array(new SharedArrayBuffer(4))

const {index, shards} = workerData as ThreadOrder
const {addon} = loadAddon()
if (addon === undefined) throw new Error('there is no addon to measure')
const shard = new NativeShard(addon, {index, shards, circuitCellsMax: 2500, outboundCellsMax: 2500})
const slots: number[] = []
let links: BusyLink[] = []
const dirty = new Uint32Array(4 * LINKS)
const out = new Uint8Array(1 << 20)
const events = new Uint8Array(64 * 1024)
let round = 0

function openChannels(): void {
  for (let link = 0; link < 2 * LINKS; link++)
    slots.push(shard.channelOpen(channelHandle(index, link + 1), 5))
}

function openCircuits(): void {
  const commands = new RecordWriter()
  const byLink: number[][] = Array.from({length: LINKS}, () => [])
  const keys = new Uint8Array(72)
  for (let i = 0; i < CIRCUITS; i++) {
    // Handles are the process's.
    const circuit = 1 + index * CIRCUITS + i
    const from = i % LINKS
    new DataView(keys.buffer).setUint32(40, circuit)
    const ids = {subject: circuit, number: NO_COUNTER}
    const prev = {object: channelHandle(index, from + 1), circId: circIdOf(circuit)}
    commands.add({kind: CommandKind.OPEN_RELAY_CIRCUIT, ...ids, ...prev}, keys)
    const beyond = (index + Math.floor(i / LINKS)) % shards
    const next = channelHandle(beyond, LINKS + 1 + (i % LINKS))
    commands.add({kind: CommandKind.LINK_NEXT, ...ids, object: next, circId: circuit})
    byLink[from]?.push(circuit)
  }
  shard.commands(commands.octets())
  links = byLink.map((own, link) => new BusyLink(slots[link] as number, own))
}

/** What arrived goes out; gives how many cells. */
function turn(): number {
  const count = shard.turn(++round, dirty)
  let octets = 0
  for (let i = 0; i < count; i++) {
    const slot = dirty[i] as number
    do octets += shard.take(slot, out, 0, out.length)
    while (shard.backlog(slot) > 0)
  }
  while (shard.takeEvents(events) > 0);
  return octets / CELL
}

/** Until `untilMs`: chunks in, cells out. What a full ring does not let in is brought again after the turn. */
function move(untilMs: number): {in: number; out: number} {
  const rest: (Uint8Array | undefined)[] = links.map(() => undefined)
  const moved = {in: 0, out: 0}
  while (performance.now() < untilMs) {
    let took = 0
    for (const [i, link] of links.entries()) {
      const octets = rest[i] ?? link.next()
      const taken = shard.receive(link.slot, octets)
      took += taken
      rest[i] = taken === octets.length ? undefined : octets.subarray(taken)
      if (taken === octets.length) moved.in += CELLS_A_CHUNK
    }
    const gave = turn()
    moved.out += gave
    // Everything waits for another thread, which may need this one's core.
    if (took + gave === 0) Atomics.wait(nobody, 0, 0, WAIT_MS)
  }
  return moved
}

function measure(timeMs: number): ThreadCount {
  move(performance.now() + timeMs / 5)
  const crossedBefore = crossedMessages()
  const began = performance.now()
  const moved = move(began + timeMs)
  const elapsed = (performance.now() - began) / 1000
  const crossed = (crossedMessages() - crossedBefore) / moved.in
  return {cells: moved.out, perSecond: moved.out / elapsed, crossed, cpuNs: 0}
}

function crossedMessages(): number {
  const counters = new Float64Array(SHARD_COUNTERS.length)
  shard.counters(counters)
  return counters[SHARD_COUNTERS.indexOf('messagesCrossed')] ?? 0
}

parentPort?.on('message', (what: 'channels' | 'circuits' | number) => {
  if (what === 'channels') openChannels()
  else if (what === 'circuits') openCircuits()
  parentPort?.postMessage(typeof what === 'number' ? measure(what) : undefined)
})
