// A channel of the plain plane: cells on a link whose handshake is over.
//
//   link ──▶ receive(chunk) ──▶ cell framer ──▶ plane.cell(...)
//   plane.put(...) ──▶ outbox ──(flush, once per loop turn)──▶ link.write
//
// Everything is sequential. The channel owns its link and outbox; circuits are the plane's.

import {type Cell, type CellFramer, encodeCell} from '../../channel/cell-framer.ts'
import type {VerifiedChannel} from '../../channel/channel.ts'
import type {ChannelFault} from '../../channel/fault.ts'
import type {ChannelUsage} from '../../channel/padding.ts'
import type {KeptChannel} from '../channel-keepalive.ts'
import type {PaddedChannel} from '../channel-padding.ts'
import {CircIdTable} from '../circ-id-table.ts'
import type {ChannelHandle} from '../contract.ts'
import type {Link, LinkReader, QueueAccount} from '../link.ts'
import type {MeasuredLink} from '../link-directions.ts'
import {LinkLimits} from '../link-limits.ts'
import {type CircuitQueue, Outbox} from './outbox.ts'
import type {CircuitEnd, PlainCircuit} from './plain-circuit.ts'
import type {WaitTimes} from './wait-times.ts'

/** What a channel needs of its plane. */
export interface ChannelOwner {
  cell(channel: PlainChannel, cell: Cell): void
  failed(link: Link, fault: ChannelFault): void
  /** Asks for a flush at the end of this loop turn. */
  wantsFlush(channel: PlainChannel): void
  /** Octets that may be written now. */
  writeBudget(channel: PlainChannel): number
  /** Octets that the channel's socket may get now for the sake of its kernel. Where that is too little for a cell, the channel is
   * flushed again at the next tick. */
  kernelRoom(channel: PlainChannel): number
  accountWritten(channel: PlainChannel, octets: number, cells: number): void
  taken(queue: CircuitQueue): void
  /** What all channels of the plane have waiting. */
  readonly queueAccount: QueueAccount
  /** Of all cells that they gave. */
  readonly waitTimes: WaitTimes
  /** Milliseconds of a clock that stands still within a loop turn: what came in together is of one age. */
  readonly turnMs: number
}

export class PlainChannel implements LinkReader, PaddedChannel, KeptChannel, MeasuredLink {
  readonly link: Link
  readonly verified: VerifiedChannel
  readonly outbox: Outbox
  /** By circ_id. The entry says from which side of the circuit this channel's cells come. */
  readonly circuits = new CircIdTable<{
    readonly circuit: PlainCircuit
    readonly from: 'prev' | 'next' | 'first-hop'
  }>()
  /** Of its own, for a peer that did not authenticate. */
  readonly limits: LinkLimits | undefined
  usage: ChannelUsage = 'none'
  octetsRead = 0
  octetsWritten = 0
  /** Padding is enabled on it. */
  isPaddingEnabled = false
  readonly #framer: CellFramer
  readonly #owner: ChannelOwner

  constructor(link: Link, verified: VerifiedChannel, framer: CellFramer, owner: ChannelOwner) {
    this.link = link
    this.verified = verified
    this.outbox = new Outbox(owner.queueAccount, owner.waitTimes)
    this.limits = verified.peer.kind === 'client' ? new LinkLimits(Date.now()) : undefined
    this.#framer = framer
    this.#owner = owner
  }

  get handle(): ChannelHandle {
    return this.link.handle
  }

  get usedAtMs(): number {
    return this.link.usedAtMs
  }

  get wroteAtMs(): number {
    return this.link.wroteAtMs
  }

  get addressLength(): number {
    return this.link.address.octets.length
  }

  get circuitCount(): number {
    return this.circuits.size
  }

  /** `cellsMax`: cells that this circuit may have waiting here. */
  put(end: CircuitEnd, command: number, body: Uint8Array, cellsMax: number): 'queued' | 'queue-full' {
    const cell = this.#encode(end.circId, command, body)
    this.#owner.wantsFlush(this)
    return this.outbox.put(end.queue, cell, this.#owner.turnMs, cellsMax)
  }

  /** Closes the channel when so many control cells wait that the peer must have stopped reading. */
  putControl(circId: number, command: number, body: Uint8Array): void {
    if (this.link.isClosed) return
    this.#owner.wantsFlush(this)
    const cell = this.#encode(circId, command, body)
    if (this.outbox.putControl(cell, this.#owner.turnMs) === 'queue-full') this.link.close()
  }

  flush(): void {
    if (this.link.isClosed) return
    const budget = Math.min(this.link.room, this.#owner.writeBudget(this))
    if (this.outbox.isEmpty) return
    const room = budget > 0 ? Math.min(budget, this.#owner.kernelRoom(this)) : budget
    if (room > 0) {
      const cells = this.outbox.take(room, this.#owner.turnMs, queue => this.#owner.taken(queue))
      const octets = Buffer.concat(cells)
      this.link.write(octets)
      this.#owner.accountWritten(this, octets.length, cells.length)
    }
    // What the rate limit holds back goes with the plane's next tick.
    if (!this.outbox.isEmpty) this.link.waitForRoom()
  }

  receive(chunk: Uint8Array): void {
    this.#framer.push(chunk)
    this.readCells()
  }

  writable(): void {
    this.#owner.wantsFlush(this)
  }

  /** Routes the cells that have arrived; at first those that came behind the handshake. */
  readCells(): void {
    for (;;) {
      if (this.link.isClosed) return
      const cell = this.#framer.next()
      if (cell === undefined) break
      this.#owner.cell(this, cell)
    }
    if (this.#framer.fault !== undefined) {
      this.#owner.failed(this.link, this.#framer.fault)
      this.link.close()
    }
  }

  close(): void {
    this.link.close()
  }

  #encode(circId: number, command: number, body: Uint8Array): Uint8Array {
    return encodeCell(this.verified.linkVersion, circId, command, body)
  }
}
