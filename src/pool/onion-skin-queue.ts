// The onion skins that wait for a worker, first come first served, and the decision whether one more may wait. Three
// bounds keep a flood of CREATE2 from filling memory and from making every client wait for answers that come too late:
// a count, the time that the queue would take (MaxOnionQueueDelay), and the time one skin has already waited
// (onion_queue_wait_cutoff). Pure: the clock is an argument.

import type {OnionSkinLimits} from './onion-skin-limits.ts'

/** Always room for a few, so that a delay of zero or one slow measurement cannot close the relay to all circuits. */
const ALWAYS_ADMITTED = 50

/** A guess for before anything was measured; a slow machine corrects it within the first batches. */
const FIRST_COST_US = 250
/** How much of the estimate the newest batch makes up. */
const NEWEST_WEIGHT = 0.1

export class OnionSkinQueue<Entry> {
  #entries: {readonly entry: Entry; readonly sinceMs: number}[] = []
  #head = 0
  #costUs = FIRST_COST_US
  #limits: OnionSkinLimits
  readonly #workers: number

  constructor(limits: OnionSkinLimits, workers: number) {
    this.#limits = limits
    this.#workers = workers
  }

  get length(): number {
    return this.#entries.length - this.#head
  }

  get limits(): OnionSkinLimits {
    return this.#limits
  }

  set limits(limits: OnionSkinLimits) {
    this.#limits = limits
  }

  /** Milliseconds until a skin that is queued now would be answered. */
  get estimatedDelayMs(): number {
    return (this.length * this.#costUs) / this.#workers / 1000
  }

  /** Learns from a batch of `count` skins that took a worker `elapsedUs`. */
  learn(count: number, elapsedUs: number): void {
    if (count > 0) this.#costUs += NEWEST_WEIGHT * (elapsedUs / count - this.#costUs)
  }

  /** False: there is no room, and the entry was not taken. */
  offer(entry: Entry, nowMs: number): boolean {
    if (this.length >= ALWAYS_ADMITTED) {
      if (this.length >= this.#limits.maxQueued) return false
      if (this.estimatedDelayMs > this.#limits.maxDelayMs) return false
    }
    this.#entries.push({entry, sinceMs: nowMs})
    return true
  }

  /** Up to `count` of the oldest entries, and all those before them that have waited too long to be worth answering. */
  take(count: number, nowMs: number): {readonly fresh: Entry[]; readonly stale: Entry[]} {
    const fresh: Entry[] = []
    const stale: Entry[] = []
    while (fresh.length < count) {
      const next = this.#entries[this.#head]
      if (next === undefined) break
      this.#head++
      if (nowMs - next.sinceMs >= this.#limits.waitCutoffMs) stale.push(next.entry)
      else fresh.push(next.entry)
    }
    this.#compact()
    return {fresh, stale}
  }

  // Shifting an array moves all that is left; moving a mark and cutting now and then does not.
  #compact(): void {
    if (this.#head < this.#entries.length && this.#head < 1024) return
    this.#entries = this.#entries.slice(this.#head)
    this.#head = 0
  }
}
