// Traffic over circuits that are made. A flow is one direction of one circuit, or of two that meet: cells go in at one link
// and come out of another, where each one is decrypted as the relay should have encrypted it and compared with what was sent.
//
// What goes in need not be encrypted: to a relay in the middle any octets are ciphertext, and the check takes the relay's
// own layers off again. That halves what the generator spends.
//
//   body: flow u32 | number u32 | time f64 | template, octet for octet

import {randomOctets} from '../../src/crypto/random.ts'
import {ChannelCommand} from '../../src/wire/channel-cell.ts'
import {CELL, type CellLink} from './cell-link.ts'
import {type Circuit, type Direction, requireAddon} from './circuit.ts'

const HEADER = 5
const TEMPLATE_AT = HEADER + 16
const BATCH = 256
const {RELAY, DESTROY} = ChannelCommand

/** The part of a cell that is alike in all of them. */
const template = Buffer.from(randomOctets(CELL))

export interface Flow {
  readonly from: CellLink
  readonly fromId: number
  readonly to: CellLink
  readonly toId: number
  /** The relay's layers, in the order in which they come off. */
  readonly layers: readonly Direction[]
  readonly number: number
  sent: number
  received: number
}

export function flowUp(circuit: Circuit, number: number): Flow {
  const hop = mustHop(circuit)
  const {link: from, id: fromId} = circuit
  const ends = {from, fromId, to: hop.link, toId: hop.id, layers: [circuit.forward]}
  return {...ends, number, sent: 0, received: 0}
}

export function flowDown(circuit: Circuit, number: number): Flow {
  const hop = mustHop(circuit)
  const ends = {
    from: hop.link,
    fromId: hop.id,
    to: circuit.link,
    toId: circuit.id,
    layers: [circuit.backward]
  }
  return {...ends, number, sent: 0, received: 0}
}

/** From one circuit into the one that it has met. */
export function flowAcross(from: Circuit, to: Circuit, number: number): Flow {
  const layers = [from.forward, to.backward]
  return {from: from.link, fromId: from.id, to: to.link, toId: to.id, layers, number, sent: 0, received: 0}
}

/** Over a link without a relay on it. */
export function flowDirect(from: CellLink, to: CellLink, number: number): Flow {
  const id = 0x80000000 + number
  return {from, fromId: id, to, toId: id, layers: [], number, sent: 0, received: 0}
}

/** `count` cells with the template in them. */
export function blankCells(count: number): Buffer {
  const cells = Buffer.alloc(count * CELL)
  for (let i = 0; i < count; i++) template.copy(cells, i * CELL)
  return cells
}

/** Makes the blank cell at `at` the next one of a flow. */
export function fillCell(cells: Buffer, at: number, flow: Flow, time: number): void {
  cells.writeUInt32BE(flow.fromId, at)
  cells[at + 4] = RELAY
  cells.writeUInt32BE(flow.number, at + HEADER)
  cells.writeUInt32BE(flow.sent++, at + HEADER + 4)
  cells.writeDoubleBE(time, at + HEADER + 8)
}

export interface ReceiverOptions {
  /** Told of every chunk: the link on which cells went in, and how many of them have arrived. */
  readonly arrived: (from: CellLink, count: number) => void
  /** Told of every cell when it is there: the time that it was sent with. */
  readonly sentAt?: (time: number) => void
  readonly failed: (error: Error) => void
}

/** Takes and checks what comes out of links. */
export class Receiver {
  received = 0
  readonly #options: ReceiverOptions
  readonly #addon = requireAddon()
  readonly #flows = new Map<CellLink, Map<number, Flow>>()
  readonly #handles = [new Uint32Array(2 * BATCH), new Uint32Array(2 * BATCH)] as const
  readonly #batch: Flow[] = []

  constructor(flows: readonly Flow[], options: ReceiverOptions) {
    this.#options = options
    for (const flow of flows) {
      const byId = this.#flows.get(flow.to) ?? new Map<number, Flow>()
      byId.set(flow.toId, flow)
      this.#flows.set(flow.to, byId)
    }
    for (const link of new Set(flows.flatMap(({from, to}) => [from, to]))) {
      link.onClose = () => options.failed(new Error('the relay closed a link under load'))
      link.cells = (_, octets, first, count) => this.#guard(link, octets, first, count)
    }
  }

  #guard(link: CellLink, octets: Buffer, first: number, count: number): void {
    try {
      for (let done = 0; done < count; ) done += this.#take(link, octets, first + done * CELL, count - done)
    } catch (error) {
      this.#options.failed(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** Takes the run of relay cells at `begin`, or one cell that is not worth anything; gives how many. */
  #take(link: CellLink, octets: Buffer, begin: number, count: number): number {
    const byId = this.#flows.get(link)
    const batch = this.#batch
    const [outer, inner] = this.#handles
    let cells = 0
    let layers = 0
    for (let at = begin; cells < count && cells < BATCH; cells++, at += CELL) {
      if (octets[at + 4] !== RELAY) break
      const flow = byId?.get(octets.readUInt32BE(at))
      if (flow === undefined) throw new Error('a relay cell on a circuit that carries nothing')
      batch[cells] = flow
      const [first, second] = flow.layers
      // All flows of a run are of one kind.
      layers = flow.layers.length
      if (first === undefined) continue
      outer[2 * cells] = first[0]
      outer[2 * cells + 1] = first[1]
      if (second === undefined) continue
      inner[2 * cells] = second[0]
      inner[2 * cells + 1] = second[1]
    }
    if (cells === 0) {
      if (octets[begin + 4] === DESTROY) throw new Error(`the relay closed a circuit: ${octets[begin + 5]}`)
      return 1
    }
    if (layers > 0) this.#addon.cryptBatch(outer, octets, begin + HEADER, CELL, cells)
    if (layers > 1) this.#addon.cryptBatch(inner, octets, begin + HEADER, CELL, cells)
    this.#check(octets, begin, cells)
    return cells
  }

  #check(octets: Buffer, first: number, cells: number): void {
    const {sentAt, arrived} = this.#options
    this.received += cells
    let run = 0
    for (let i = 0, at = first; i < cells; i++, at += CELL) {
      const flow = this.#batch[i] as Flow
      const genuine =
        octets.readUInt32BE(at + HEADER) === flow.number &&
        octets.readUInt32BE(at + HEADER + 4) === flow.received++ &&
        template.compare(octets, at + TEMPLATE_AT, at + CELL, TEMPLATE_AT, CELL) === 0
      if (!genuine) throw new Error('a cell came out other than it went in')
      sentAt?.(octets.readDoubleBE(at + HEADER + 8))
      run++
      if (i + 1 < cells && this.#batch[i + 1]?.from === flow.from) continue
      arrived(flow.from, run)
      run = 0
    }
  }
}

function mustHop({hop}: Circuit): NonNullable<Circuit['hop']> {
  if (hop === undefined) throw new Error('the circuit was not extended')
  return hop
}
