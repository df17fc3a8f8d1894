// The client end of a link handshake, written down a second time and apart from src/: it says well-formed things to the
// relay under test, and anything else a test wants said. Nothing here checks certificates.

import {type ConnectionOptions, connect, type TLSSocket} from 'node:tls'
import {within} from './wait-until.ts'

export interface RawCell {
  readonly circuitId: number
  readonly command: number
  readonly body: Buffer
}

export const RawCommand = {
  CREATE_FAST: 5,
  CREATED_FAST: 6,
  RELAY: 3,
  DESTROY: 4,
  VERSIONS: 7,
  NETINFO: 8,
  RELAY_EARLY: 9,
  CERTS: 129,
  AUTH_CHALLENGE: 130
} as const

/** Octets in the body of a fixed-length cell. */
export const FIXED_BODY = 509
export const ANSWER_TIMEOUT_MS = 15_000

export class RawLink {
  readonly socket: TLSSocket
  /** Settles when the peer (or a test) has closed the connection. */
  readonly closed: Promise<void>
  #circuitIdLength = 2
  #buffered = Buffer.alloc(0)
  #cells: RawCell[] = []
  #waiting: ((cell: RawCell | undefined) => void)[] = []
  #isClosed = false

  private constructor(socket: TLSSocket) {
    this.socket = socket
    socket.setNoDelay(true)
    this.closed = new Promise(resolve => {
      const end = (): void => {
        this.#isClosed = true
        for (const wake of this.#waiting.splice(0)) wake(undefined)
        resolve()
      }
      socket.on('close', end)
      socket.on('error', end)
    })
    socket.on('data', (chunk: Buffer) => {
      this.#buffered = Buffer.concat([this.#buffered, chunk])
      this.#split()
    })
  }

  /** TLS alone; not one cell is sent. `from`: another loopback address than 127.0.0.1 to come from. */
  static async open(port: number, from?: string, tls: ConnectionOptions = {}): Promise<RawLink> {
    const localAddress = from === undefined ? {} : {localAddress: from}
    const socket = connect({host: '127.0.0.1', port, rejectUnauthorized: false, ...localAddress, ...tls})
    const link = new RawLink(socket)
    await within(
      'TLS handshake',
      ANSWER_TIMEOUT_MS,
      new Promise<void>((resolve, reject) => {
        socket.once('secureConnect', resolve)
        socket.once('error', reject)
        socket.once('close', () => reject(new Error('closed during the TLS handshake')))
      })
    )
    return link
  }

  /** A link handshake as an unauthenticated client that offers these versions; gives the cells the relay sent in it. */
  static async handshake(
    port: number,
    versions: readonly number[] = [3, 4, 5],
    from?: string,
    tls: ConnectionOptions = {}
  ): Promise<{link: RawLink; version: number; cells: readonly RawCell[]}> {
    const link = await RawLink.open(port, from, tls)
    link.sendVersions(versions)
    const theirs = await link.nextCell()
    if (theirs.command !== RawCommand.VERSIONS) throw new Error(`command ${theirs.command} before VERSIONS`)
    let version = 0
    for (let at = 0; at + 1 < theirs.body.length; at += 2) {
      const offered = theirs.body.readUInt16BE(at)
      if (versions.includes(offered) && offered > version) version = offered
    }
    link.useVersion(version)
    const cells = [theirs]
    for (;;) {
      const cell = await link.nextCell()
      cells.push(cell)
      if (cell.command === RawCommand.NETINFO) break
    }
    link.sendCell(0, RawCommand.NETINFO, Buffer.from([0, 0, 0, 0, 4, 4, 127, 0, 0, 1, 0]))
    return {link, version, cells}
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** From now on circuit ids have the length of this link protocol version. */
  useVersion(version: number): void {
    this.#circuitIdLength = version >= 4 ? 4 : 2
    this.#split()
  }

  sendVersions(versions: readonly number[]): void {
    const body = Buffer.alloc(versions.length * 2)
    for (const [i, version] of versions.entries()) body.writeUInt16BE(version, i * 2)
    this.send(Buffer.concat([Buffer.of(0, 0, RawCommand.VERSIONS, 0, body.length), body]))
  }

  /** A well-formed cell: padded to 509 octets, or with its length when the command is a variable-length one. */
  sendCell(circuitId: number, command: number, body: Uint8Array): void {
    const header = Buffer.alloc(this.#circuitIdLength + 1)
    header.writeUIntBE(circuitId, 0, this.#circuitIdLength)
    header[this.#circuitIdLength] = command
    if (isVariable(command)) {
      this.send(Buffer.concat([header, Buffer.of(body.length >> 8, body.length & 0xff), body]))
    } else {
      const padded = Buffer.alloc(FIXED_BODY)
      padded.set(body.subarray(0, FIXED_BODY))
      this.send(Buffer.concat([header, padded]))
    }
  }

  /** Octets as they are. */
  send(octets: Uint8Array): void {
    if (!this.#isClosed) this.socket.write(octets)
  }

  /** The next cell of the relay; rejects when it closes first or stays silent. */
  async nextCell(timeoutMs = ANSWER_TIMEOUT_MS): Promise<RawCell> {
    const cell = await this.cellOrClose(timeoutMs)
    if (cell === undefined) throw new Error('the relay closed the connection')
    return cell
  }

  /** The next cell, or undefined when the relay closes. */
  cellOrClose(timeoutMs = ANSWER_TIMEOUT_MS): Promise<RawCell | undefined> {
    let wake: ((cell: RawCell | undefined) => void) | undefined
    const waiting = new Promise<RawCell | undefined>(resolve => {
      const ready = this.#cells.shift()
      if (ready !== undefined) resolve(ready)
      else if (this.#isClosed) resolve(undefined)
      else {
        wake = resolve
        this.#waiting.push(resolve)
      }
    })
    return within('a cell', timeoutMs, waiting).catch((error: unknown) => {
      // Whoever gave up must not get the cell that the next one waits for.
      this.#waiting = this.#waiting.filter(other => other !== wake)
      throw error
    })
  }

  /** Resolves to true when the relay closes within the time, else to false. */
  closesWithin(timeoutMs: number): Promise<boolean> {
    return within('close', timeoutMs, this.closed).then(
      () => true,
      () => false
    )
  }

  close(): void {
    this.socket.destroy()
  }

  #split(): void {
    for (;;) {
      const idLength = this.#circuitIdLength
      if (this.#buffered.length < idLength + 3) return
      const command = this.#buffered[idLength] ?? 0
      const start = isVariable(command) ? idLength + 3 : idLength + 1
      const length = isVariable(command) ? this.#buffered.readUInt16BE(idLength + 1) : FIXED_BODY
      if (this.#buffered.length < start + length) return
      const cell = {
        circuitId: this.#buffered.readUIntBE(0, idLength),
        command,
        body: Buffer.from(this.#buffered.subarray(start, start + length))
      }
      this.#buffered = this.#buffered.subarray(start + length)
      const wake = this.#waiting.shift()
      if (wake === undefined) this.#cells.push(cell)
      else wake(cell)
      // What follows VERSIONS may have longer circuit ids; the handshake says so before it reads on.
      if (command === RawCommand.VERSIONS) return
    }
  }
}

function isVariable(command: number): boolean {
  return command === RawCommand.VERSIONS || command >= 128
}
