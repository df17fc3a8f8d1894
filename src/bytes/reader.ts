// A cursor over octets that never reads past the end: each take answers undefined instead. The codec is built on it.

import {readU16, readU32} from './octets.ts'

export class Reader {
  readonly octets: Uint8Array
  #at: number

  constructor(octets: Uint8Array) {
    this.octets = octets
    this.#at = 0
  }

  get at(): number {
    return this.#at
  }

  get remaining(): number {
    return this.octets.length - this.#at
  }

  u8(): number | undefined {
    return this.remaining < 1 ? undefined : (this.octets[this.#at++] as number)
  }

  u16(): number | undefined {
    if (this.remaining < 2) return undefined
    this.#at += 2
    return readU16(this.octets, this.#at - 2)
  }

  u32(): number | undefined {
    if (this.remaining < 4) return undefined
    this.#at += 4
    return readU32(this.octets, this.#at - 4)
  }

  u64(): bigint | undefined {
    if (this.remaining < 8) return undefined
    const high = readU32(this.octets, this.#at)
    const low = readU32(this.octets, this.#at + 4)
    this.#at += 8
    return (BigInt(high) << 32n) | BigInt(low)
  }

  /** A view, not a copy: valid as long as the octets underneath are. */
  take(length: number): Uint8Array | undefined {
    if (this.remaining < length) return undefined
    this.#at += length
    return this.octets.subarray(this.#at - length, this.#at)
  }

  rest(): Uint8Array {
    const out = this.octets.subarray(this.#at)
    this.#at = this.octets.length
    return out
  }
}
