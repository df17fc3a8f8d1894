// A TCP connection as node:tls gets it where its records are to be read and written without node:tls later on: whole
// records go in, and those that can have been under a traffic secret are counted both ways (RFC 8446, section 5.3: the
// number of a record is part of its protection, and goes over no wire).
//
//   socket ─▶ records ─▶ node:tls ─▶ socket        stop() ─▶ nothing more goes in ─▶ letGo(): it is whoever's takes it
//
// Owns the socket, until it is taken.

import type {Socket} from 'node:net'
import {Duplex} from 'node:stream'
import {concat, readU16} from '../bytes/octets.ts'

const HEADER = 5
/** The type that every record after the first flights says of itself. */
const SEALED = 23
/** Sealed records of the handshake, by octets: certificates and little else. */
const KEPT_OCTETS_MAX = 64 * 1024
/** RFC 8446, section 5.2. What is longer is no record, which node:tls may say. */
const RECORD_MAX = 2 ** 14 + 256
/** Octets that are kept of a peer that floods a stopped tap. */
const BEHIND_MAX = 256 * 1024
const NOTHING = new Uint8Array(0)

/** The sealed records of one direction. Whether the handshake's keys or later ones seal a record cannot be seen. */
class SealedRecords {
  readonly #first: Uint8Array[] = []
  #keptOctets = 0
  #count = 0

  note(record: Uint8Array): void {
    if (record[0] !== SEALED) return
    this.#count++
    if (this.#first.length + 1 < this.#count || this.#keptOctets + record.length > KEPT_OCTETS_MAX) return
    this.#first.push(record.slice())
    this.#keptOctets += record.length
  }

  /** How many there have been from the first on that opens; undefined where none of those that were kept does. */
  countFrom(opens: (record: Uint8Array) => boolean): number | undefined {
    const at = this.#first.findIndex(opens)
    return at < 0 ? undefined : this.#count - at
  }
}

export class RecordTap extends Duplex {
  readonly received = new SealedRecords()
  readonly sent = new SealedRecords()
  readonly #socket: Socket
  #behind: Uint8Array = NOTHING
  #unsplit: Uint8Array = NOTHING
  #isStopped = false
  #isTaken = false
  /** Nobody will take it: octets pass as they come. */
  #isOpen = false

  constructor(socket: Socket) {
    super()
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    // 'error' only announces 'close'.
    socket.on('error', () => {})
    socket.on('end', () => {
      if (!this.#isTaken) this.push(null)
    })
    socket.on('close', () => {
      if (!this.#isTaken) this.destroy()
    })
  }

  /** Nothing is on its way to node:tls, or from it to the socket. */
  get isIdle(): boolean {
    return this.readableLength + this.writableLength + this.#socket.writableLength === 0
  }

  /** From now on nothing goes in. */
  stop(): void {
    this.#isStopped = true
  }

  /** It goes on as it is, for good. */
  open(): void {
    this.#isOpen = true
    this.#isStopped = false
    const behind = this.#behind
    this.#behind = NOTHING
    this.#socket.resume()
    this.#give(behind)
  }

  /** Lets go of the socket, whose descriptor `duplicate` gives another number. What came and did not go in is `behind`.
   * Undefined where there is no descriptor any more, or none to be had. */
  letGo(
    duplicate: (descriptor: number) => number
  ): {readonly descriptor: number; readonly behind: Uint8Array} | undefined {
    if (this.#isOpen) return undefined
    const {_handle: handle} = this.#socket as unknown as {readonly _handle?: {readonly fd?: number} | null}
    if (typeof handle?.fd !== 'number' || handle.fd < 0) return undefined
    const descriptor = duplicate(handle.fd)
    if (descriptor < 0) return undefined
    // What was read while the socket was paused comes as 'data'.
    while (this.#socket.read() !== null) {}
    this.#isTaken = true
    this.#socket.destroy()
    return {descriptor, behind: this.#behind}
  }

  override _read(): void {
    if (!this.#isTaken && !this.#isStopped) this.#socket.resume()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#isTaken) {
      done()
      return
    }
    if (!this.#isOpen) {
      const {records, rest} = split(concat(this.#unsplit, chunk))
      for (const record of records) this.sent.note(record)
      this.#unsplit = rest
    }
    this.#socket.write(chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.#isTaken) this.#socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isTaken) this.#socket.destroy()
    done(error)
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isOpen) {
      this.#give(chunk)
      return
    }
    this.#behind = this.#behind.length === 0 ? chunk : concat(this.#behind, chunk)
    if (this.#isStopped) {
      if (this.#behind.length > BEHIND_MAX) this.#socket.pause()
      return
    }
    const {records, rest} = split(this.#behind)
    this.#behind = rest
    for (const record of records) {
      this.received.note(record)
      this.#give(record)
    }
    if (rest.length >= HEADER && readU16(rest, 3) > RECORD_MAX) this.open()
  }

  #give(octets: Uint8Array): void {
    if (octets.length > 0 && !this.push(octets)) this.#socket.pause()
  }
}

/** Whole records, and the beginning of the next. */
function split(octets: Uint8Array): {readonly records: Uint8Array[]; readonly rest: Uint8Array} {
  const records: Uint8Array[] = []
  let at = 0
  while (octets.length - at >= HEADER) {
    const end = at + HEADER + readU16(octets, at + 3)
    if (end > octets.length) break
    records.push(octets.subarray(at, end))
    at = end
  }
  return {records, rest: octets.subarray(at)}
}
