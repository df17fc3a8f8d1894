// Reads a buffer of records (records.ts) one after the other, without an object per record.
//
//   const reader = new RecordReader(buffer)
//   reader.start(length)
//   while (reader.next()) switch (reader.kind) { … reader.subject … reader.payload() … }

import {BugError} from '../../fault/fault.ts'
import {RECORD_HEAD, RECORD_HEAD_LENGTH, recordLength} from './records.ts'

export class RecordReader {
  readonly #octets: Uint8Array
  readonly #view: DataView
  #end = 0
  #at = 0
  #nextAt = 0

  constructor(buffer: Uint8Array) {
    this.#octets = buffer
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
  }

  /** Begins with the first of `length` octets of records. */
  start(length: number): void {
    if (length > this.#octets.length) throw new BugError('records-beyond-buffer')
    this.#end = length
    this.#at = 0
    this.#nextAt = 0
  }

  /** Moves to the next record; false after the last. */
  next(): boolean {
    this.#at = this.#nextAt
    if (this.#at === this.#end) return false
    if (this.#at + RECORD_HEAD_LENGTH > this.#end) throw new BugError('record-cut')
    this.#nextAt = this.#at + recordLength(this.length)
    if (this.#nextAt > this.#end) throw new BugError('record-cut')
    return true
  }

  get kind(): number {
    return this.#view.getUint8(this.#at + RECORD_HEAD.kind.offset)
  }

  get flags(): number {
    return this.#view.getUint8(this.#at + RECORD_HEAD.flags.offset)
  }

  get command(): number {
    return this.#view.getUint8(this.#at + RECORD_HEAD.command.offset)
  }

  get code(): number {
    return this.#view.getUint8(this.#at + RECORD_HEAD.code.offset)
  }

  get circId(): number {
    return this.#view.getUint32(this.#at + RECORD_HEAD.circId.offset, true)
  }

  get subject(): number {
    return this.#view.getFloat64(this.#at + RECORD_HEAD.subject.offset, true)
  }

  get object(): number {
    return this.#view.getFloat64(this.#at + RECORD_HEAD.object.offset, true)
  }

  /** Octets of payload. */
  get length(): number {
    return this.#view.getUint32(this.#at + RECORD_HEAD.length.offset, true)
  }

  get number(): number {
    return this.#view.getUint32(this.#at + RECORD_HEAD.number.offset, true)
  }

  /** A view of the payload, or of its octets from `from` to `to`. */
  payload(from = 0, to = this.length): Uint8Array {
    const start = this.#at + RECORD_HEAD_LENGTH
    return this.#octets.subarray(start + from, start + to)
  }
}
