// One TLS link of the load generator, as a client or as a next hop, while circuits are made over it: the link handshake is
// the project's own, and once it is over whole cells are handed on where they lie in what TLS gave. Then the native load
// takes the connection (load.ts).
//
//   'data' ──▶ link handshake until verified ──▶ cells(octets, first, count), a cell over a chunk's border by itself
//   takeOver() ──▶ the connection, and the beginning of a cell

import {connect as connectTcp, type Socket} from 'node:net'
import type {Duplex} from 'node:stream'
import {connect, TLSSocket} from 'node:tls'
import type {LinkHandshake} from '../../src/channel/link-handshake.ts'
import type {LinkConnection, LinkEndpoint} from '../../src/dataplane/link-endpoint.ts'
import {RecordTap} from '../../src/dataplane/record-tap.ts'
import {TLS_OPTIONS} from '../../src/dataplane/tls-options.ts'
import {type TlsConnection, TlsTakeover} from '../../src/dataplane/tls-takeover.ts'
import {isVariableLength} from '../../src/wire/channel-cell.ts'

/** Octets of a cell from link protocol 4 on. */
export const CELL = 514
const LOOPBACK = Uint8Array.of(127, 0, 0, 1)

export interface Peer {
  readonly port: number
  readonly rsaIdentity: Uint8Array
  readonly ed25519Identity: Uint8Array
}

/** Takes `count` cells that lie one behind the other; they may be changed in place and are gone when it returns. */
export type CellTaker = (link: CellLink, octets: Buffer, first: number, count: number) => void

/** A connection that is nobody's but the taker's, and the beginning of the cell that it is at. */
export interface TakenLink {
  readonly connection: TlsConnection
  readonly held: Uint8Array
}

export class CellLink {
  /** Who takes cells; replaced as a run goes on. */
  cells: CellTaker = () => {}
  /** Called when the other end closes. */
  onClose: () => void = () => {}
  readonly verified: Promise<void>
  readonly #socket: TLSSocket
  readonly #takeover: TlsTakeover
  readonly #held = Buffer.alloc(CELL)
  #heldOctets = 0
  #handshake: LinkHandshake | undefined
  #isOpen = false
  #isVerified: () => void = () => {}
  #isRefused: (error: Error) => void = () => {}

  private constructor(socket: TLSSocket, takeover: TlsTakeover) {
    this.#socket = socket
    this.#takeover = takeover
    this.verified = new Promise((resolve, reject) => {
      this.#isVerified = resolve
      this.#isRefused = reject
    })
    this.verified.catch(() => {})
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', error => this.#isRefused(error))
    socket.on('close', () => {
      this.#isRefused(new Error('the link closed'))
      this.onClose()
    })
  }

  /** As a client: proves nothing, checks that the relay is who it should be. */
  static async open(endpoint: LinkEndpoint, relay: Peer): Promise<CellLink> {
    const tap = tapOf(connectTcp({host: '127.0.0.1', port: relay.port}))
    const socket = connect({...TLS_OPTIONS, socket: tap as Duplex, rejectUnauthorized: false})
    const link = new CellLink(socket, new TlsTakeover(socket, tap, false))
    const target = {...relay, address: {octets: LOOPBACK, port: relay.port}}
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()?.raw ?? new Uint8Array(0)
      link.start(endpoint.initiate(connectionOf(socket, relay.port), certificate, target))
    })
    await link.verified
    return link
  }

  /** As a next hop, from a connection that a relay made; `endpoint` answers it. */
  static answer(endpoint: LinkEndpoint, tcp: Socket): CellLink {
    const credentials = endpoint.credentials()
    const tap = tapOf(tcp)
    const socket = new TLSSocket(tap as Duplex as Socket, {
      isServer: true,
      secureContext: credentials.context
    })
    const link = new CellLink(socket, new TlsTakeover(socket, tap, true))
    socket.once('secure', () =>
      link.start(endpoint.respond(connectionOf(socket, tcp.remotePort ?? 0), credentials))
    )
    return link
  }

  start(handshake: LinkHandshake): void {
    this.#handshake = handshake
    for (const octets of handshake.begin()) this.#socket.write(octets)
  }

  write(octets: Uint8Array): void {
    this.#socket.write(octets)
  }

  /** Gives the connection away; nothing may be written meanwhile, nor to this link ever again. */
  async takeOver(): Promise<TakenLink> {
    const connection = await new Promise<TlsConnection>((resolve, reject) => {
      this.onClose = () => reject(new Error('the relay closed a link before the load began'))
      this.#takeover.begin(taken => {
        if (taken === undefined) reject(new Error('a link whose records cannot be done natively'))
        else resolve(taken)
      })
    })
    this.close()
    return {connection, held: this.#held.subarray(0, this.#heldOctets)}
  }

  close(): void {
    this.onClose = () => {}
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    if (this.#isOpen) this.#split(chunk)
    else if (this.#handshake !== undefined) this.#continueHandshake(this.#handshake, chunk)
  }

  #continueHandshake(handshake: LinkHandshake, chunk: Buffer): void {
    const step = handshake.receive(chunk)
    if (step.kind === 'closed') {
      this.#isRefused(new Error(`link handshake: ${step.fault.code}`))
      this.#socket.destroy()
      return
    }
    for (const octets of step.send) this.#socket.write(octets)
    if (step.kind === 'continue') return
    this.#isOpen = true
    this.#isVerified()
    this.#split(Buffer.from(step.framer.release()))
  }

  #split(chunk: Buffer): void {
    let at = 0
    if (this.#heldOctets > 0) {
      at = Math.min(CELL - this.#heldOctets, chunk.length)
      chunk.copy(this.#held, this.#heldOctets, 0, at)
      this.#heldOctets += at
      if (this.#heldOctets < CELL) return
      this.#heldOctets = 0
      this.#take(this.#held, 0, 1)
    }
    const count = Math.floor((chunk.length - at) / CELL)
    if (count > 0) this.#take(chunk, at, count)
    at += count * CELL
    this.#heldOctets = chunk.copy(this.#held, 0, at)
  }

  #take(octets: Buffer, first: number, count: number): void {
    for (let i = 0, at = first + 4; i < count; i++, at += CELL) {
      if (isVariableLength(octets[at] as number))
        throw new Error('a variable-length cell after the handshake')
    }
    this.cells(this, octets, first, count)
  }
}

function tapOf(tcp: Socket): RecordTap {
  tcp.setNoDelay(true)
  return new RecordTap(tcp)
}

function connectionOf(socket: TLSSocket, port: number): LinkConnection {
  return {
    peerAddress: {octets: LOOPBACK, port},
    exportKeyingMaterial: (label, context, length) =>
      new Uint8Array(socket.exportKeyingMaterial(length, label, Buffer.from(context)))
  }
}
