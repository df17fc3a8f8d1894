// A token bucket over octets that several threads take from, for RelayBandwidthRate and RelayBandwidthBurst: whichever
// thread asks first after a while fills it. As with rate-limit.ts, a spend may take it below zero, so that the average
// holds whatever the size of a read. Rate and burst are in the shared memory as well, so that one thread changes them for
// all. native/net/shared_rate_limit.h is its twin, over the same words.

/** Filled in steps of this long, so that rounding to whole tokens costs nothing that matters. */
const FILL_MS = 5
/** Octets in a token: what a descriptor can tell of a burst, 31 bits of octets, fits a signed word with room below zero. */
const UNIT = 2
const OCTETS_MAX = 2 ** 31 - 1
const TOKENS = 0
const FILLED_AT = 1
/** Octets a second; 0 means no limit. */
const RATE = 2
/** Octets. */
const BURST = 3
/** Milliseconds are kept modulo this. */
const CLOCK = 0x7fffffff

export const SHARED_RATE_LIMIT_OCTETS = 16

export class SharedRateLimit {
  readonly #words: Int32Array
  #owed = 0

  /** @param memory shared by all that take from the bucket, zeros at first, which is no limit */
  constructor(memory: SharedArrayBuffer, at: number) {
    this.#words = new Int32Array(memory, at, SHARED_RATE_LIMIT_OCTETS / 4)
  }

  /** From now on, for all threads: octets a second, and octets at once. A rate of 0 means no limit. */
  configure(perSecond: number, burst: number): void {
    const words = (octets: number) => Math.min(OCTETS_MAX, Math.floor(octets))
    Atomics.store(this.#words, BURST, words(Math.max(perSecond, burst)))
    Atomics.store(this.#words, RATE, words(perSecond))
  }

  get isLimited(): boolean {
    return Atomics.load(this.#words, RATE) > 0
  }

  /** Octets that may be moved now; Infinity without a limit. */
  available(nowMs: number): number {
    if (!this.isLimited) return Number.POSITIVE_INFINITY
    this.#fill(nowMs & CLOCK)
    return Atomics.load(this.#words, TOKENS) * UNIT - this.#owed
  }

  spend(octets: number): void {
    if (!this.isLimited) return
    this.#owed += octets
    const tokens = Math.floor(this.#owed / UNIT)
    this.#owed -= tokens * UNIT
    Atomics.sub(this.#words, TOKENS, tokens)
  }

  #fill(now: number): void {
    const filledAt = Atomics.load(this.#words, FILLED_AT)
    const elapsedMs = (now - filledAt) & CLOCK
    // Another thread that was faster has filled it for a time that is not ours yet.
    if (elapsedMs < FILL_MS || elapsedMs > CLOCK / 2) return
    // Whoever moves the clock on is the one that fills.
    if (Atomics.compareExchange(this.#words, FILLED_AT, filledAt, now) !== filledAt) return
    const earned = Math.floor((elapsedMs * Atomics.load(this.#words, RATE)) / 1000 / UNIT)
    const full = Math.floor(Atomics.load(this.#words, BURST) / UNIT)
    for (;;) {
      const tokens = Atomics.load(this.#words, TOKENS)
      const filled = Math.min(full, tokens + earned)
      if (Atomics.compareExchange(this.#words, TOKENS, tokens, filled) === tokens) return
    }
  }
}
