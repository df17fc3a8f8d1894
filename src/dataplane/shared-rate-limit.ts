// A token bucket over octets that several threads take from, for RelayBandwidthRate and RelayBandwidthBurst: whichever
// thread asks first after a while fills it. As with rate-limit.ts, a spend may take it below zero, so that the average
// holds whatever the size of a read.

/** Filled in steps of this long, so that rounding to whole tokens costs nothing that matters. */
const FILL_MS = 5
/** What a bucket may hold in tokens. */
const TOKENS_MAX = 2 ** 30
const TOKENS = 0
const FILLED_AT = 1
/** Milliseconds are kept modulo this. */
const CLOCK = 0x7fffffff

export const SHARED_RATE_LIMIT_OCTETS = 8

export class SharedRateLimit {
  readonly #words: Int32Array
  readonly #perSecond: number
  readonly #burst: number
  /** Octets in a token. */
  readonly #unit: number
  #owed = 0

  /**
   * @param memory shared by all that take from the bucket, zeros at first
   * @param perSecond octets; 0 means no limit
   */
  constructor(memory: SharedArrayBuffer, at: number, perSecond: number, burst: number) {
    this.#words = new Int32Array(memory, at, SHARED_RATE_LIMIT_OCTETS / 4)
    this.#perSecond = perSecond
    this.#burst = Math.max(perSecond, burst)
    this.#unit = Math.max(1, Math.ceil(this.#burst / TOKENS_MAX))
  }

  get isLimited(): boolean {
    return this.#perSecond > 0
  }

  /** Octets that may be moved now; Infinity without a limit. */
  available(nowMs: number): number {
    if (!this.isLimited) return Number.POSITIVE_INFINITY
    this.#fill(nowMs & CLOCK)
    return Atomics.load(this.#words, TOKENS) * this.#unit - this.#owed
  }

  spend(octets: number): void {
    if (!this.isLimited) return
    this.#owed += octets
    const tokens = Math.floor(this.#owed / this.#unit)
    this.#owed -= tokens * this.#unit
    Atomics.sub(this.#words, TOKENS, tokens)
  }

  #fill(now: number): void {
    const filledAt = Atomics.load(this.#words, FILLED_AT)
    const elapsedMs = (now - filledAt) & CLOCK
    if (elapsedMs < FILL_MS) return
    // Whoever moves the clock on is the one that fills.
    if (Atomics.compareExchange(this.#words, FILLED_AT, filledAt, now) !== filledAt) return
    const earned = Math.floor((elapsedMs * this.#perSecond) / 1000 / this.#unit)
    const full = Math.floor(this.#burst / this.#unit)
    for (;;) {
      const tokens = Atomics.load(this.#words, TOKENS)
      const filled = Math.min(full, tokens + earned)
      if (Atomics.compareExchange(this.#words, TOKENS, tokens, filled) === tokens) return
    }
  }
}
