// One TLS link of the load generator, as a client or as a next hop: the link handshake is the project's own, and once it is
// over whole cells are handed on where they lie in what TLS gave, so that the generator costs less than the relay it loads.
//
//   'data' ──▶ link handshake until verified ──▶ cells(octets, first, count), a cell over a chunk's border by itself

import {connect, type TLSSocket} from 'node:tls'
import type {LinkHandshake} from '../../src/channel/link-handshake.ts'
import type {LinkConnection, LinkEndpoint} from '../../src/dataplane/link-endpoint.ts'
import {TLS_OPTIONS} from '../../src/dataplane/tls-options.ts'
import {isVariableLength} from '../../src/wire/channel-cell.ts'

/** Octets of a cell from link protocol 4 on. */
export const CELL = 514
/** Cells that fill a TLS record. */
export const RECORD_CELLS = 31
const LOOPBACK = Uint8Array.of(127, 0, 0, 1)

export interface Peer {
  readonly port: number
  readonly rsaIdentity: Uint8Array
  readonly ed25519Identity: Uint8Array
}

/** Takes `count` cells that lie one behind the other; they may be changed in place and are gone when it returns. */
export type CellTaker = (link: CellLink, octets: Buffer, first: number, count: number) => void

export class CellLink {
  /** Who takes cells; replaced as a run goes on. */
  cells: CellTaker = () => {}
  /** Called when the other end closes. */
  onClose: () => void = () => {}
  readonly verified: Promise<void>
  readonly #socket: TLSSocket
  readonly #held = Buffer.alloc(CELL)
  #heldOctets = 0
  #handshake: LinkHandshake | undefined
  #isOpen = false
  #isVerified: () => void = () => {}
  #isRefused: (error: Error) => void = () => {}

  constructor(socket: TLSSocket) {
    this.#socket = socket
    socket.setNoDelay(true)
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
    const socket = connect({...TLS_OPTIONS, host: '127.0.0.1', port: relay.port, rejectUnauthorized: false})
    const link = new CellLink(socket)
    const target = {...relay, address: {octets: LOOPBACK, port: relay.port}}
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()?.raw ?? new Uint8Array(0)
      link.start(endpoint.initiate(connectionOf(socket), certificate, target))
    })
    await link.verified
    return link
  }

  start(handshake: LinkHandshake): void {
    this.#handshake = handshake
    for (const octets of handshake.begin()) this.#socket.write(octets)
  }

  /** The octets belong to the link until `released`. */
  write(octets: Uint8Array, released?: () => void): void {
    this.#socket.write(octets, released)
  }

  /** From now on a TLS record holds no more than this many cells, however many are written at once. */
  limitRecords(cells: number): void {
    this.#socket.setMaxSendFragment(cells * CELL)
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

export function connectionOf(socket: TLSSocket): LinkConnection {
  return {
    peerAddress: {octets: LOOPBACK, port: socket.remotePort ?? 0},
    exportKeyingMaterial: (label, context, length) =>
      new Uint8Array(socket.exportKeyingMaterial(length, label, Buffer.from(context)))
  }
}
