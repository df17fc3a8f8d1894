// The control plane's table of circuits and the door through which the data plane's events reach them. An event is turned
// into a call on the one circuit that it concerns; who that circuit is, a hop's or one we built, does not matter here.
//
//   controlCell ─▶ CREATE*: whoever answers onion skins   ─ CREATED*, DESTROY: the end that (channel, circ_id) names
//   recognized, originCell, originatedTag, violation, drained ─▶ the circuit that the handle names
//   channelClosed ─▶ every end on that channel

import {allocateCircId} from '../channel/circ-id.ts'
import {randomOctets} from '../crypto/random.ts'
import type {ChannelMap} from '../dataplane/channel-map.ts'
import type {
  CellWaits,
  ChannelHandle,
  ChannelInfo,
  CircuitHandle,
  CircuitViolation,
  ConnectFault,
  ConnectHandle,
  DataPlaneEvents
} from '../dataplane/contract.ts'
import {ChannelCommand} from '../wire/channel-cell.ts'
import {CircuitIds} from './circuit-ids.ts'

/** One end of a circuit on one channel. */
export interface CircuitEndOwner {
  /** CREATED, CREATED_FAST or CREATED2 came for this end. */
  created(command: number, body: Uint8Array): void
  /** DESTROY came for this end. */
  destroyed(reason: number): void
  channelClosed(): void
}

/** What a circuit hears from the data plane. */
export interface LocalCircuit {
  recognized(early: boolean, body: Uint8Array, tag: Uint8Array): void
  originCell(body: Uint8Array): void
  originatedTag(tag: Uint8Array): void
  violation(violation: CircuitViolation): void
  drained(): void
}

/** Answers CREATE, CREATE_FAST and CREATE2. */
export interface CreateHandler {
  create(channel: ChannelHandle, circId: number, command: number, body: Uint8Array): void
}

export class CircuitRegistry implements DataPlaneEvents {
  readonly ends = new CircuitIds<CircuitEndOwner>()
  readonly channels: ChannelMap
  /** Cells that set circuits up and take them down, received since the start. */
  readonly controlCells = {create: 0, created: 0, destroy: 0}
  /** Links that could not be opened because no local TCP port was free. */
  portsExhausted = 0
  readonly #circuits = new Map<CircuitHandle, LocalCircuit>()
  #lastHandle = 0
  #creates: CreateHandler | undefined
  #waits: ((circuit: CircuitHandle, waits: CellWaits) => void) | undefined

  constructor(channels: ChannelMap) {
    this.channels = channels
  }

  set creates(handler: CreateHandler) {
    this.#creates = handler
  }

  /** Hears how long cells waited, where that is measured. */
  set waits(hears: (circuit: CircuitHandle, waits: CellWaits) => void) {
    this.#waits = hears
  }

  get size(): number {
    return this.#circuits.size
  }

  /** A handle for a new circuit, which from now on hears the data plane. */
  add(circuit: LocalCircuit): CircuitHandle {
    const handle = ++this.#lastHandle as CircuitHandle
    this.#circuits.set(handle, circuit)
    return handle
  }

  delete(handle: CircuitHandle): void {
    this.#circuits.delete(handle)
  }

  /** An unused circ_id of our half on a channel, or undefined when none can be had. */
  allocateCircId(channel: ChannelHandle): number | undefined {
    const open = this.channels.get(channel)
    if (open === undefined) return undefined
    const inUse = (circId: number) => this.ends.has(channel, circId)
    return allocateCircId(open.info.linkVersion, open.info.ownCircIdHalf, inUse, randomOctets)
  }

  channelOpened(info: ChannelInfo): void {
    this.channels.opened(info)
  }

  connectFailed(connect: ConnectHandle, fault: ConnectFault): void {
    if (fault.code === 'ports-exhausted') this.portsExhausted++
    this.channels.connectFailed(connect, fault)
  }

  channelClosed(channel: ChannelHandle): void {
    this.channels.closed(channel)
    for (const end of this.ends.take(channel)) end.channelClosed()
  }

  controlCell(channel: ChannelHandle, circId: number, command: number, body: Uint8Array): void {
    switch (command) {
      case ChannelCommand.CREATE:
      case ChannelCommand.CREATE_FAST:
      case ChannelCommand.CREATE2:
        this.controlCells.create++
        this.#creates?.create(channel, circId, command, body)
        break
      case ChannelCommand.DESTROY:
        this.controlCells.destroy++
        this.ends.get(channel, circId)?.destroyed(body[0] ?? 0)
        break
      default:
        this.controlCells.created++
        this.ends.get(channel, circId)?.created(command, body)
    }
  }

  recognized(circuit: CircuitHandle, early: boolean, body: Uint8Array, tag: Uint8Array): void {
    this.#circuits.get(circuit)?.recognized(early, body, tag)
  }

  originatedTag(circuit: CircuitHandle, tag: Uint8Array): void {
    this.#circuits.get(circuit)?.originatedTag(tag)
  }

  originCell(circuit: CircuitHandle, body: Uint8Array): void {
    this.#circuits.get(circuit)?.originCell(body)
  }

  violation(circuit: CircuitHandle, violation: CircuitViolation): void {
    this.#circuits.get(circuit)?.violation(violation)
  }

  cellsWaited(circuit: CircuitHandle, waits: CellWaits): void {
    this.#waits?.(circuit, waits)
  }

  drained(circuit: CircuitHandle): void {
    this.#circuits.get(circuit)?.drained()
  }
}
