// Writes records (records.ts) one after the other into a buffer that grows as it must. Nothing is kept of what was given.
//
//   writer.add({kind: CommandKind.SEND_CELL, subject: channel, circId, command}, body)
//   send(writer.octets())  writer.clear()

import {RECORD_HEAD, RECORD_HEAD_LENGTH, recordLength} from './records.ts'

/** The fields of a record's head; those left out are 0. `length` is the payload's. */
export interface RecordFields {
  readonly kind: number
  readonly flags?: number
  readonly command?: number
  readonly code?: number
  readonly circId?: number
  readonly subject?: number
  readonly object?: number
  readonly number?: number
}

const NOTHING = new Uint8Array(0)

export class RecordWriter {
  #octets: Uint8Array
  #view: DataView
  #length = 0

  constructor(octets = 16 * 1024) {
    this.#octets = new Uint8Array(octets)
    this.#view = new DataView(this.#octets.buffer)
  }

  /** Octets of all records so far. */
  get length(): number {
    return this.#length
  }

  add(fields: RecordFields, payload: Uint8Array = NOTHING): void {
    const at = this.#length
    const end = at + recordLength(payload.length)
    if (end > this.#octets.length) this.#grow(end)
    const view = this.#view
    view.setUint8(at + RECORD_HEAD.kind.offset, fields.kind)
    view.setUint8(at + RECORD_HEAD.flags.offset, fields.flags ?? 0)
    view.setUint8(at + RECORD_HEAD.command.offset, fields.command ?? 0)
    view.setUint8(at + RECORD_HEAD.code.offset, fields.code ?? 0)
    view.setUint32(at + RECORD_HEAD.circId.offset, fields.circId ?? 0, true)
    view.setFloat64(at + RECORD_HEAD.subject.offset, fields.subject ?? 0, true)
    view.setFloat64(at + RECORD_HEAD.object.offset, fields.object ?? 0, true)
    view.setUint32(at + RECORD_HEAD.length.offset, payload.length, true)
    view.setUint32(at + RECORD_HEAD.number.offset, fields.number ?? 0, true)
    this.#octets.set(payload, at + RECORD_HEAD_LENGTH)
    this.#octets.fill(0, at + RECORD_HEAD_LENGTH + payload.length, end)
    this.#length = end
  }

  /** A view of what was written, valid until the next `add` or `clear`. */
  octets(): Uint8Array {
    return this.#octets.subarray(0, this.#length)
  }

  /** The buffer that the records lie in, to be given away; the writer goes on with a new one. */
  take(): {readonly buffer: ArrayBuffer; readonly length: number} {
    const taken = {buffer: this.#octets.buffer as ArrayBuffer, length: this.#length}
    this.#octets = new Uint8Array(taken.buffer.byteLength)
    this.#view = new DataView(this.#octets.buffer)
    this.#length = 0
    return taken
  }

  /** Begins anew; what was written is wiped, because keys may be among it. */
  clear(): void {
    this.#octets.fill(0, 0, this.#length)
    this.#length = 0
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, 2 * this.#octets.length))
    grown.set(this.#octets.subarray(0, this.#length))
    this.#octets.fill(0, 0, this.#length)
    this.#octets = grown
    this.#view = new DataView(grown.buffer)
  }
}
