// Random octets fit for keys, and a cheap supply for the padding of cells.

import {randomBytes, randomFillSync, randomInt} from 'node:crypto'

export function randomOctets(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length))
}

// One call of the generator costs more than a cell's worth of its output, so padding is cut from a pool.
const pool = new Uint8Array(16 * 1024)
let used = pool.length

/** Fills `out` with octets that nobody can predict; for padding, never for keys. */
export function fillPadding(out: Uint8Array): void {
  if (used + out.length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  out.set(pool.subarray(used, used + out.length))
  used += out.length
}

/** A whole number from `least` to `most`, both included, all of them equally likely and none predictable. */
export function randomWithin(least: number, most: number): number {
  return randomInt(least, most + 1)
}
