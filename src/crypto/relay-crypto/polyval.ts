// POLYVAL (RFC 8452, section 3), the universal hash of CGO, over 32-bit words. An element of GF(2^128) is four words, the
// lowest coefficients first; the modulus is x^128 + x^127 + x^126 + x^121 + 1.
//
// A block times the key is a sum over the block's bits of x^(i - 128) times the key. One block takes these powers as they
// are made; many blocks take them from a table of all values of each half octet, which costs as much as a few blocks.

import {readU32, wipe, writeU32} from '../../bytes/octets.ts'

export const POLYVAL_BLOCK_SIZE = 16

const WORDS = 4
const HALF_OCTETS = 2 * POLYVAL_BLOCK_SIZE
const BITS = 8 * POLYVAL_BLOCK_SIZE
/** The highest word of the modulus divided by x, x^128 left out: x^127, x^126, x^125 and x^120. */
const MODULUS_HIGH = 0xe1000000

function readWord(octets: Uint8Array, at: number): number {
  // readU32 is big-endian, POLYVAL little-endian.
  const word = readU32(octets, at)
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}

function writeWord(octets: Uint8Array, at: number, word: number): void {
  writeU32(octets, at, (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24))
}

/** Calls `use` for i from 127 down to 0 with x^(i - 128) times the key. */
function eachPower(
  key: Uint8Array,
  use: (i: number, a: number, b: number, c: number, d: number) => void
): void {
  let a = readWord(key, 0)
  let b = readWord(key, 4)
  let c = readWord(key, 8)
  let d = readWord(key, 12)
  for (let i = BITS - 1; i >= 0; i--) {
    // Divided by x: an odd element first becomes even by adding the modulus.
    const odd = -(a & 1)
    a = (a >>> 1) | (b << 31)
    b = (b >>> 1) | (c << 31)
    c = (c >>> 1) | (d << 31)
    d = (d >>> 1) ^ (odd & MODULUS_HIGH)
    use(i, a, b, c, d)
  }
}

export class Polyval {
  readonly #key: Uint8Array
  #table: Int32Array | undefined

  /** Copies the key of 16 octets. */
  constructor(key: Uint8Array) {
    this.#key = key.slice()
  }

  /** The hash of one block. */
  ofBlock(block: Uint8Array): Uint8Array {
    const sum = new Int32Array(WORDS)
    eachPower(this.#key, (i, a, b, c, d) => {
      const bit = -(((block[i >>> 3] as number) >>> (i & 7)) & 1)
      sum[0] = (sum[0] as number) ^ (bit & a)
      sum[1] = (sum[1] as number) ^ (bit & b)
      sum[2] = (sum[2] as number) ^ (bit & c)
      sum[3] = (sum[3] as number) ^ (bit & d)
    })
    return toOctets(sum)
  }

  /** The hash of whole blocks. */
  of(blocks: Uint8Array): Uint8Array {
    this.#table ??= makeTable(this.#key)
    const table = this.#table
    const sum = new Int32Array(WORDS)
    const mixed = new Uint8Array(POLYVAL_BLOCK_SIZE)
    for (let at = 0; at < blocks.length; at += POLYVAL_BLOCK_SIZE) {
      for (let word = 0; word < WORDS; word++) {
        writeWord(mixed, 4 * word, (sum[word] as number) ^ readWord(blocks, at + 4 * word))
      }
      let a = 0
      let b = 0
      let c = 0
      let d = 0
      for (let half = 0; half < HALF_OCTETS; half++) {
        const value = ((mixed[half >>> 1] as number) >>> (4 * (half & 1))) & 15
        const entry = WORDS * (16 * half + value)
        a ^= table[entry] as number
        b ^= table[entry + 1] as number
        c ^= table[entry + 2] as number
        d ^= table[entry + 3] as number
      }
      sum.set([a, b, c, d])
    }
    wipe(mixed)
    return toOctets(sum)
  }

  /** Wipes the key and all that was made of it. */
  close(): void {
    wipe(this.#key)
    this.#table?.fill(0)
    this.#table = undefined
  }
}

/** Entry (half, value): the half octet `value` at place `half` of a block, times the key. */
function makeTable(key: Uint8Array): Int32Array {
  const table = new Int32Array(WORDS * 16 * HALF_OCTETS)
  eachPower(key, (i, a, b, c, d) => {
    table.set([a, b, c, d], WORDS * (16 * (i >>> 2) + (1 << (i & 3))))
  })
  for (let half = 0; half < HALF_OCTETS; half++) {
    for (let value = 3; value < 16; value++) {
      const lowest = value & -value
      if (lowest === value) continue
      const from = WORDS * 16 * half
      for (let word = 0; word < WORDS; word++) {
        table[from + WORDS * value + word] =
          (table[from + WORDS * lowest + word] as number) ^
          (table[from + WORDS * (value ^ lowest) + word] as number)
      }
    }
  }
  return table
}

function toOctets(sum: Int32Array): Uint8Array {
  const octets = new Uint8Array(POLYVAL_BLOCK_SIZE)
  for (let word = 0; word < WORDS; word++) writeWord(octets, 4 * word, sum[word] as number)
  sum.fill(0)
  return octets
}
