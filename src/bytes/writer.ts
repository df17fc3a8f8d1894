// A growing octet buffer, big-endian.

import {writeU16, writeU32} from './octets.ts'

export class Writer {
  #octets: Uint8Array
  #length = 0

  constructor(capacity = 64) {
    this.#octets = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    const at = this.#reserve(1)
    this.#octets[at] = value
    return this
  }

  u16(value: number): this {
    const at = this.#reserve(2)
    writeU16(this.#octets, at, value)
    return this
  }

  u32(value: number): this {
    const at = this.#reserve(4)
    writeU32(this.#octets, at, value)
    return this
  }

  u64(value: bigint): this {
    const at = this.#reserve(8)
    writeU32(this.#octets, at, Number((value >> 32n) & 0xffffffffn))
    writeU32(this.#octets, at + 4, Number(value & 0xffffffffn))
    return this
  }

  bytes(octets: Uint8Array): this {
    const at = this.#reserve(octets.length)
    this.#octets.set(octets, at)
    return this
  }

  zeros(count: number): this {
    this.#reserve(count)
    return this
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#octets.slice(0, this.#length)
  }

  /** May replace the octets, so they must not be named in the same expression. */
  #reserve(count: number): number {
    const at = this.#length
    const needed = at + count
    if (needed > this.#octets.length) {
      const grown = new Uint8Array(Math.max(needed, this.#octets.length * 2))
      grown.set(this.#octets.subarray(0, at))
      this.#octets = grown
    }
    this.#length = needed
    return at
  }
}
