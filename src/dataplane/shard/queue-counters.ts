// Main's side of the queue counters: which circuit has which, and how many cells of ours each circuit was given. What waits
// on a circuit is what its home says waits there, and what we have sent on its way that has not got there yet.
//
// A counter of a closed circuit is used again only when its shard has done with the circuit, or what the shard still
// writes for the old one would be taken for the new one's.

import {DRAINED_AT_CELLS} from '../contract.ts'
import {NO_COUNTER, QUEUE_COUNTER_WORDS, QueueCounterWord} from './records.ts'

export class QueueCounters {
  readonly #words: Uint32Array
  /** How many cells each counter's circuit was given, modulo 2^32. */
  readonly #given: Uint32Array
  readonly #free: number[] = []
  #unused = 0

  constructor(words: Uint32Array) {
    this.#words = words
    this.#given = new Uint32Array(words.length / QUEUE_COUNTER_WORDS)
  }

  /** A counter that is zero, or NO_COUNTER when all are in use. */
  take(): number {
    const counter = this.#free.pop() ?? (this.#unused < this.#given.length ? this.#unused++ : NO_COUNTER)
    if (counter === NO_COUNTER) return NO_COUNTER
    this.#words.fill(0, counter * QUEUE_COUNTER_WORDS, (counter + 1) * QUEUE_COUNTER_WORDS)
    this.#given[counter] = 0
    return counter
  }

  /** The counter's shard writes it no more. */
  giveBack(counter: number): void {
    if (counter !== NO_COUNTER) this.#free.push(counter)
  }

  gave(counter: number): void {
    if (counter !== NO_COUNTER) this.#given[counter] = (this.#given[counter] as number) + 1
  }

  /** Cells that wait, or are on their way to where they wait. 0 for NO_COUNTER. */
  queued(counter: number): number {
    if (counter === NO_COUNTER) return 0
    const at = counter * QUEUE_COUNTER_WORDS
    const arrived = Atomics.load(this.#words, at + QueueCounterWord.ORIGINATED)
    const onTheWay = ((this.#given[counter] as number) - arrived) >>> 0
    return Atomics.load(this.#words, at + QueueCounterWord.QUEUED) + onTheWay
  }

  /** Has the shard tell when the queue is short; false when it is already. */
  awaitDrained(counter: number): boolean {
    if (counter === NO_COUNTER) return false
    const awaited = counter * QUEUE_COUNTER_WORDS + QueueCounterWord.AWAITED
    Atomics.store(this.#words, awaited, 1)
    // Only now: what left before the wish was there, the shard tells nobody of.
    if (this.queued(counter) > DRAINED_AT_CELLS) return true
    Atomics.store(this.#words, awaited, 0)
    return false
  }
}
