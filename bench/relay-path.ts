// What a cell costs on its way through a native shard: out of a chunk, through its circuit's cipher and into an outbox, and from
// there into the octets that a socket is given. Eight links bring cells and eight take them, 31 cells a chunk, so that calls
// across the border are as many as with full TLS records; the cells of a chunk are of as many circuits as there are.

import type {Addon} from '../src/crypto/binding.ts'
import {channelHandle, NativeShard} from '../src/dataplane/shard/native-shard.ts'
import {RecordWriter} from '../src/dataplane/shard/record-writer.ts'
import {CommandKind, NO_COUNTER} from '../src/dataplane/shard/records.ts'
import {ChannelCommand} from '../src/wire/channel-cell.ts'
import type {Measurement} from './measure.ts'

export const LINKS = 8
export const CELLS_A_CHUNK = 31
export const CELL = 514
const CELLS_A_RUN = LINKS * CELLS_A_CHUNK
const CIRCUITS = [1, 64, 1000, 10_000]

/** A cell's circ_id; multiplied, because peers draw theirs at random. */
export const circIdOf = (circuit: number) =>
  (0x80000000 | (Math.imul(circuit, 0x9e3779b1) & 0x7fffffff)) >>> 0

/** What a link brings: one chunk of cells, whose circ_ids go through the link's circuits from call to call. It is one and
 * the same memory, because octets that have just come out of TLS are in the processor's caches, too. */
export class BusyLink {
  readonly slot: number
  readonly #circIds: Uint32Array
  readonly #chunk = new Uint8Array(CELLS_A_CHUNK * CELL).fill(0x5a)
  readonly #view = new DataView(this.#chunk.buffer)
  #at = 0

  constructor(slot: number, circuits: readonly number[]) {
    this.slot = slot
    this.#circIds = Uint32Array.from(circuits, circIdOf)
    for (let at = 4; at < this.#chunk.length; at += CELL) this.#chunk[at] = ChannelCommand.RELAY
  }

  next(): Uint8Array {
    for (let at = 0; at < this.#chunk.length; at += CELL) {
      this.#view.setUint32(at, this.#circIds[this.#at] as number)
      if (++this.#at === this.#circIds.length) this.#at = 0
    }
    return this.#chunk
  }
}

/** Opens a shard with that many circuits, and gives what relays one chunk of each link. */
function relay(addon: Addon, index: number, circuits: number): {run: () => void; units: number} {
  const shard = new NativeShard(addon, {
    index,
    shards: index + 1,
    circuitCellsMax: 2500,
    outboundCellsMax: 2500
  })
  const handles = Array.from({length: 2 * LINKS}, (_, number) => channelHandle(index, number + 1))
  const slots = handles.map(handle => shard.channelOpen(handle, 5))
  const byLink: number[][] = Array.from({length: LINKS}, () => [])
  const commands = new RecordWriter()
  const keys = new Uint8Array(72)
  for (let circuit = 1; circuit <= circuits; circuit++) {
    const [from, to] = [circuit % LINKS, LINKS + ((circuit + Math.floor(circuit / LINKS)) % LINKS)]
    new DataView(keys.buffer).setUint32(40, circuit)
    const ids = {subject: circuit, number: NO_COUNTER}
    const prev = {object: handles[from] as number, circId: circIdOf(circuit)}
    commands.add({kind: CommandKind.OPEN_RELAY_CIRCUIT, ...ids, ...prev}, keys)
    commands.add({kind: CommandKind.LINK_NEXT, ...ids, object: handles[to] as number, circId: circuit})
    byLink[from]?.push(circuit)
  }
  shard.commands(commands.octets())
  const links = byLink.flatMap((own, link) =>
    own.length === 0 ? [] : [new BusyLink(slots[link] as number, own)]
  )
  const dirty = new Uint32Array(2 * LINKS)
  const out = new Uint8Array(CELLS_A_RUN * CELL)
  const events = new Uint8Array(64 * 1024)
  let round = 0
  const run = () => {
    round++
    for (const link of links) shard.receive(link.slot, link.next())
    const count = shard.turn(round, dirty)
    let octets = 0
    for (let i = 0; i < count; i++) octets += shard.take(dirty[i] as number, out, 0, out.length)
    // Queues that drained are told of.
    while (shard.takeEvents(events) > 0);
    if (octets !== links.length * CELLS_A_CHUNK * CELL) throw new Error(`${octets} octets came out`)
  }
  return {run, units: links.length * CELLS_A_CHUNK}
}

export function relayPathMeasurements(addon: Addon | undefined): Measurement[] {
  if (addon === undefined) return []
  return CIRCUITS.map((circuits, index) => ({
    group: 'A cell through a native shard',
    name: `${circuits.toLocaleString('en')} ${circuits === 1 ? 'circuit' : 'circuits'}`,
    unit: 'cell',
    octets: CELL,
    ...relay(addon, index, circuits)
  }))
}
