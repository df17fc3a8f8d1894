// A table by circ_id. Peers choose circ_ids, and the hash of a Map's integers is the same in every process, so that a peer
// could choose ids that all fall into one bucket and make each of its cells cost a walk through all of them
// (TROVE-2021-005). Here every id is first sent through a permutation of 32 bits that only this process knows.

import {readU32} from '../bytes/octets.ts'
import {randomOctets} from '../crypto/random.ts'

const secret = randomOctets(16)
const [mask, first, second, third] = [0, 4, 8, 12].map(at => readU32(secret, at)) as [
  number,
  number,
  number,
  number
]
/** Odd factors, so that multiplying modulo 2^32 can be undone and no two ids become one. */
const [firstFactor, secondFactor] = [first | 1, second | 1]

export class CircIdTable<Value> {
  readonly #values = new Map<number, Value>()

  get size(): number {
    return this.#values.size
  }

  get(circId: number): Value | undefined {
    return this.#values.get(scatter(circId))
  }

  has(circId: number): boolean {
    return this.#values.has(scatter(circId))
  }

  set(circId: number, value: Value): void {
    this.#values.set(scatter(circId), value)
  }

  delete(circId: number): void {
    this.#values.delete(scatter(circId))
  }

  values(): IterableIterator<Value> {
    return this.#values.values()
  }
}

/** One signed 32-bit integer for each circ_id. */
function scatter(circId: number): number {
  let scattered = Math.imul(circId ^ mask, firstFactor)
  scattered ^= scattered >>> 15
  scattered = Math.imul(scattered, secondFactor)
  return scattered ^ (scattered >>> 16) ^ third
}
