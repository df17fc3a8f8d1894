// One link of the plain plane: a TLS socket, the link handshake, then cells.
//
//   socket 'data' ──▶ link handshake until verified ──▶ cell framer ──▶ plane.cell(...)
//   plane.put(...) ──▶ outbox ──(flush, once per loop turn)──▶ socket.write
//
// Everything is sequential. The channel owns its socket and outbox; circuits are the plane's.

import type {TLSSocket} from 'node:tls'
import {type Cell, type CellFramer, encodeCell} from '../../channel/cell-framer.ts'
import type {VerifiedChannel} from '../../channel/channel.ts'
import type {ChannelFault} from '../../channel/fault.ts'
import type {LinkHandshake} from '../../channel/link-handshake.ts'
import {CircIdTable} from '../circ-id-table.ts'
import type {ChannelHandle, ConnectHandle, SocketAddress} from '../contract.ts'
import {type CircuitQueue, Outbox, type QueueAccount} from './outbox.ts'
import type {CircuitEnd, PlainCircuit} from './plain-circuit.ts'

/** Octets that may wait in the socket before cells are kept back in the outbox, where they are fair and countable. */
const SOCKET_BACKLOG_MAX = 64 * 1024

/** What a channel needs of its plane. */
export interface ChannelOwner {
  verified(channel: PlainChannel, verified: VerifiedChannel): void
  cell(channel: PlainChannel, cell: Cell): void
  failed(channel: PlainChannel, fault: ChannelFault): void
  closed(channel: PlainChannel): void
  /** Asks for a flush at the end of this loop turn. */
  wantsFlush(channel: PlainChannel): void
  /** Octets that may be written now. */
  writeBudget(): number
  /** Accounts for what was read; false: stop reading until told. */
  accountRead(channel: PlainChannel, octets: number): boolean
  accountWritten(octets: number, cells: number): void
  taken(queue: CircuitQueue): void
  /** What all channels of the plane have waiting. */
  readonly queueAccount: QueueAccount
  /** Milliseconds of a clock that stands still within a loop turn: what came in together is of one age. */
  readonly turnMs: number
}

export interface PlainChannelOptions {
  readonly handle: ChannelHandle
  readonly direction: 'received' | 'initiated'
  readonly connect: ConnectHandle | undefined
  readonly address: SocketAddress
  readonly nowMs: number
}

export class PlainChannel {
  readonly handle: ChannelHandle
  readonly direction: 'received' | 'initiated'
  readonly connect: ConnectHandle | undefined
  readonly address: SocketAddress
  readonly outbox: Outbox
  /** By circ_id. The entry says from which side of the circuit this channel's cells come. */
  readonly circuits = new CircIdTable<{
    readonly circuit: PlainCircuit
    readonly from: 'prev' | 'next' | 'first-hop'
  }>()
  readonly startedAtMs: number
  usedAtMs: number
  verified: VerifiedChannel | undefined
  readonly #socket: TLSSocket
  readonly #owner: ChannelOwner
  #handshake: LinkHandshake | undefined
  #framer: CellFramer | undefined
  #backlogOctets = 0
  #closed = false

  constructor(socket: TLSSocket, options: PlainChannelOptions, owner: ChannelOwner) {
    this.handle = options.handle
    this.direction = options.direction
    this.connect = options.connect
    this.address = options.address
    this.outbox = new Outbox(owner.queueAccount)
    this.startedAtMs = options.nowMs
    this.usedAtMs = options.nowMs
    this.#socket = socket
    this.#owner = owner
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('drain', () => this.#owner.wantsFlush(this))
    // 'error' only announces 'close': what a peer does to its socket is no event of ours.
    socket.on('error', () => {})
    socket.on('close', () => this.close())
    socket.on('end', () => this.close())
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Called when TLS is up: the link handshake may begin. */
  startHandshake(handshake: LinkHandshake): void {
    this.#handshake = handshake
    for (const octets of handshake.begin()) this.#socket.write(octets)
  }

  /** `cellsMax`: cells that this circuit may have waiting here. */
  put(end: CircuitEnd, command: number, body: Uint8Array, cellsMax: number): 'queued' | 'queue-full' {
    const cell = this.#encode(end.circId, command, body)
    this.#owner.wantsFlush(this)
    return this.outbox.put(end.queue, cell, this.#owner.turnMs, cellsMax)
  }

  /** Closes the channel when so many control cells wait that the peer must have stopped reading. */
  putControl(circId: number, command: number, body: Uint8Array): void {
    if (this.#closed || this.verified === undefined) return
    this.#owner.wantsFlush(this)
    const cell = this.#encode(circId, command, body)
    if (this.outbox.putControl(cell, this.#owner.turnMs) === 'queue-full') this.close()
  }

  flush(): void {
    if (this.#closed) return
    const room = Math.min(SOCKET_BACKLOG_MAX - this.#socket.writableLength, this.#owner.writeBudget())
    if (room <= 0 || this.outbox.isEmpty) return
    const cells = this.outbox.take(room, queue => this.#owner.taken(queue))
    const octets = Buffer.concat(cells)
    this.#backlog(octets.length)
    this.#socket.write(octets, () => this.#backlog(-octets.length))
    this.usedAtMs = Date.now()
    this.#owner.accountWritten(octets.length, cells.length)
    // What the socket holds back goes with 'drain', what the rate limit holds back with the plane's next tick.
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    if (this.#closed) return
    this.#backlog(-this.#backlogOctets)
    this.#closed = true
    this.outbox.clear()
    this.#handshake = undefined
    this.#framer = undefined
    this.#socket.destroy()
    this.#owner.closed(this)
  }

  /** Accounts for octets that the socket holds; what it reports of itself after the channel closed is settled already. */
  #backlog(octets: number): void {
    if (this.#closed) return
    this.#backlogOctets += octets
    this.#owner.queueAccount.octets += octets
  }

  #encode(circId: number, command: number, body: Uint8Array): Uint8Array {
    return encodeCell(this.verified?.linkVersion ?? 4, circId, command, body)
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return
    this.usedAtMs = Date.now()
    if (!this.#owner.accountRead(this, chunk.length)) this.pause()
    if (this.#handshake !== undefined) this.#continueHandshake(this.#handshake, chunk)
    else if (this.#framer !== undefined) {
      this.#framer.push(chunk)
      this.#readCells(this.#framer)
    }
  }

  #continueHandshake(handshake: LinkHandshake, chunk: Uint8Array): void {
    const step = handshake.receive(chunk)
    if (step.kind === 'closed') {
      this.#owner.failed(this, step.fault)
      this.close()
      return
    }
    for (const octets of step.send) this.#socket.write(octets)
    if (step.kind === 'continue') return
    this.#handshake = undefined
    this.verified = step.channel
    this.#framer = step.framer
    this.#owner.verified(this, step.channel)
    // Cells may have come in the same chunk as the last one of the handshake.
    this.#readCells(step.framer)
  }

  #readCells(framer: CellFramer): void {
    for (;;) {
      if (this.#closed) return
      const cell = framer.next()
      if (cell === undefined) break
      this.#owner.cell(this, cell)
    }
    if (framer.fault !== undefined) {
      this.#owner.failed(this, framer.fault)
      this.close()
    }
  }
}
