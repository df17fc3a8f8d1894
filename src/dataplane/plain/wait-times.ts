// How long cells waited in the outboxes of a plane, in the buckets that shards have.

import {type Counted, OUTBOX_WAIT_BOUNDS_MS} from '../contract.ts'

const BOUNDS: readonly number[] = OUTBOX_WAIT_BOUNDS_MS

export class WaitTimes {
  /** Each value is counted in one; the last is for those above all bounds. */
  readonly #buckets = [...BOUNDS, Number.POSITIVE_INFINITY].map(() => 0)
  #sumMs = 0
  /** Each circuit's are wanted, too. */
  ofCircuits = false

  add(waitedMs: number): void {
    let bucket = 0
    while (waitedMs > (BOUNDS[bucket] ?? Number.POSITIVE_INFINITY)) bucket++
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    this.#sumMs += waitedMs
  }

  get counted(): Counted {
    let count = 0
    const upTo = this.#buckets.map(bucket => {
      count += bucket
      return count
    })
    return {atMost: upTo.slice(0, -1), count, sum: this.#sumMs}
  }
}
