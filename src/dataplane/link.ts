// One TLS connection to a peer, from TLS coming up to its end: first the link handshake, then whoever reads its cells.
//
//   socket 'data' ──▶ link handshake until verified ──▶ reader.receive(chunk)
//   reader ──▶ write(octets) ──▶ socket        handed to the kernel, and the reader waits ──▶ reader.writable()
//
// The link owns its socket and knows nothing of cells. What its socket holds back is kept in an account that all links of a
// thread share. Where it can, it gives its connection to a carrier that reads and writes without it from then on.

import type {TLSSocket} from 'node:tls'
import {isPrivateIp} from '../bytes/ip-address.ts'
import type {CellFramer} from '../channel/cell-framer.ts'
import type {VerifiedChannel} from '../channel/channel.ts'
import type {ChannelFault} from '../channel/fault.ts'
import type {LinkHandshake} from '../channel/link-handshake.ts'
import type {ChannelHandle, ConnectHandle, SocketAddress} from './contract.ts'
import {kernelQueue, kernelRoom} from './kernel-queue.ts'
import type {TlsConnection, TlsTakeover} from './tls-takeover.ts'

/** Octets that may wait in a socket before cells are kept back where they are fair and countable. */
export const SOCKET_BACKLOG_MAX = 64 * 1024

/** Octets of memory that waiting cells take. */
export interface QueueAccount {
  octets: number
}

/** Who takes a link's octets once its handshake is over. */
export interface LinkReader {
  receive(chunk: Uint8Array): void
  /** Called once after `waitForRoom`. */
  writable(): void
}

export interface LinkOwner {
  /** What all sockets of the owner hold back. */
  readonly queueAccount: QueueAccount
  /** The handshake ended well; gives who reads on. `framer` holds what came behind it. The reader is in place when
   * `receive` of anything later is called, and reads what the framer holds by itself. */
  verified(link: Link, channel: VerifiedChannel, framer: CellFramer): LinkReader
  /** Called before the link closes on account of a fault. */
  failed(link: Link, fault: ChannelFault): void
  closed(link: Link): void
  /** Accounts for what was read; false: stop reading until told. */
  accountRead(link: Link, octets: number): boolean
}

/** Who has a link's connection in its place. */
export interface LinkCarrier {
  /** When octets last went either way. */
  readonly usedAtMs: number
  /** When octets last left for the peer. */
  readonly wroteAtMs: number
  close(): void
}

export interface LinkOptions {
  readonly handle: ChannelHandle
  readonly direction: 'received' | 'initiated'
  readonly connect: ConnectHandle | undefined
  readonly address: SocketAddress
  readonly nowMs: number
  /** Where somebody may want the connection. */
  readonly takeover?: TlsTakeover | undefined
}

export class Link {
  readonly handle: ChannelHandle
  readonly direction: 'received' | 'initiated'
  readonly connect: ConnectHandle | undefined
  readonly address: SocketAddress
  /** Of an address that the public Internet does not have. */
  readonly isPrivate: boolean
  readonly startedAtMs: number
  /** Undefined when a carrier has the connection. */
  #socket: TLSSocket | undefined
  readonly #owner: LinkOwner
  #takeover: TlsTakeover | undefined
  #carrier: LinkCarrier | undefined
  #usedAtMs: number
  #wroteAtMs: number
  #handshake: LinkHandshake | undefined
  #reader: LinkReader | undefined
  #backlogOctets = 0
  #isWaitedFor = false
  #closed = false

  constructor(socket: TLSSocket, options: LinkOptions, owner: LinkOwner) {
    this.handle = options.handle
    this.direction = options.direction
    this.connect = options.connect
    this.address = options.address
    this.isPrivate = isPrivateIp(options.address.octets)
    this.startedAtMs = options.nowMs
    this.#usedAtMs = options.nowMs
    this.#wroteAtMs = options.nowMs
    this.#socket = socket
    this.#owner = owner
    this.#takeover = options.takeover
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    // 'error' only announces 'close': what a peer does to its socket is no event of ours.
    socket.on('error', () => {})
    socket.on('close', () => this.socketClosed())
    socket.on('end', () => this.socketClosed())
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** When octets last went either way. */
  get usedAtMs(): number {
    return this.#carrier?.usedAtMs ?? this.#usedAtMs
  }

  /** Octets that its kernel should be given at most now (KIST); Infinity where it does not tell. */
  kernelRoom(bufferFactor: number): number {
    const {_handle: handle} = (this.#socket ?? {}) as {readonly _handle?: {readonly fd?: number} | null}
    const descriptor = handle?.fd ?? -1
    const queue = descriptor < 0 ? undefined : kernelQueue(descriptor)
    if (queue === undefined) return Number.POSITIVE_INFINITY
    return Math.max(0, kernelRoom(queue, bufferFactor) - (this.#socket?.writableLength ?? 0))
  }

  /** When the system last took octets for the peer. */
  get wroteAtMs(): number {
    return this.#carrier?.wroteAtMs ?? this.#wroteAtMs
  }

  /** Octets that the socket may be given before it holds too many back. */
  get room(): number {
    return SOCKET_BACKLOG_MAX - (this.#socket?.writableLength ?? 0)
  }

  /** Called when TLS is up: the link handshake may begin. */
  startHandshake(handshake: LinkHandshake): void {
    this.#handshake = handshake
    for (const octets of handshake.begin()) this.#socket?.write(octets)
  }

  /** Gets the connection away from node:tls; see TlsTakeover.begin. Who takes one gives the link a carrier at once. */
  takeOver(taken: (connection: TlsConnection | undefined) => void): void {
    if (this.#takeover === undefined) taken(undefined)
    else this.#takeover.begin(taken)
  }

  carriedBy(carrier: LinkCarrier): void {
    this.#carrier = carrier
    this.#socket?.destroy()
    // What a handshake needed is not kept for the life of a link.
    this.#socket = undefined
    this.#takeover = undefined
  }

  /** Calls the reader back when something that was written has gone. Where nothing is on its way, nobody is called. */
  waitForRoom(): void {
    this.#isWaitedFor = true
  }

  /** The octets belong to the socket until `released` is called, whatever becomes of them. */
  write(octets: Uint8Array, released?: () => void): void {
    if (this.#closed || this.#socket === undefined) {
      released?.()
      return
    }
    this.#backlog(octets.length)
    this.#socket.write(octets, () => {
      this.#backlog(-octets.length)
      this.#wroteAtMs = Date.now()
      released?.()
      if (!this.#isWaitedFor) return
      this.#isWaitedFor = false
      this.#reader?.writable()
    })
    this.#usedAtMs = Date.now()
  }

  pause(): void {
    this.#socket?.pause()
  }

  resume(): void {
    this.#socket?.resume()
  }

  /** The end of the socket is the link's, unless a carrier has the connection. */
  socketClosed(): void {
    if (this.#carrier === undefined) this.close()
  }

  close(): void {
    if (this.#closed) return
    this.#backlog(-this.#backlogOctets)
    this.#closed = true
    this.#handshake = undefined
    this.#reader = undefined
    this.#takeover?.wipe()
    this.#socket?.destroy()
    this.#carrier?.close()
    this.#owner.closed(this)
  }

  /** Accounts for octets that the socket holds; what it reports of itself after the link closed is settled already. */
  #backlog(octets: number): void {
    if (this.#closed) return
    this.#backlogOctets += octets
    this.#owner.queueAccount.octets += octets
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return
    this.#usedAtMs = Date.now()
    if (!this.#owner.accountRead(this, chunk.length)) this.pause()
    if (this.#reader !== undefined) this.#reader.receive(chunk)
    else if (this.#handshake !== undefined) this.#continueHandshake(this.#handshake, chunk)
  }

  #continueHandshake(handshake: LinkHandshake, chunk: Uint8Array): void {
    const step = handshake.receive(chunk)
    if (step.kind === 'closed') {
      this.#owner.failed(this, step.fault)
      this.close()
      return
    }
    for (const octets of step.send) this.#socket?.write(octets)
    if (step.kind === 'continue') return
    this.#handshake = undefined
    const reader = this.#owner.verified(this, step.channel, step.framer)
    if (!this.#closed) this.#reader = reader
  }
}
