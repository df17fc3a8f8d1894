// A token bucket: so many at once, and so many more each second. Tokens come back evenly, and a burst is what its name says.
//
// C tor refills once a second and refuses what takes the last token, so that its burst of 90 is one of 89.

/** Both at least 1. */
export interface TokenLimit {
  /** Tokens per second. */
  readonly rate: number
  readonly burst: number
}

export class TokenBucket {
  /** Undefined until the first token is taken, from a full bucket. */
  #tokens: number | undefined
  #refilledAtMs = 0

  /**
   * Takes a token; false when there is none. The limit may be another one each time, as consensus parameters change.
   * @param nowMs of a clock that never goes back
   */
  take(limit: TokenLimit, nowMs: number): boolean {
    const tokens = this.#available(limit, nowMs)
    this.#refilledAtMs = nowMs
    this.#tokens = tokens >= 1 ? tokens - 1 : tokens
    return tokens >= 1
  }

  /** Nothing is known of the past any more: the bucket is as a new one would be. */
  isFull(limit: TokenLimit, nowMs: number): boolean {
    return this.#available(limit, nowMs) >= limit.burst
  }

  #available({rate, burst}: TokenLimit, nowMs: number): number {
    const refilled = (this.#tokens ?? burst) + ((nowMs - this.#refilledAtMs) * rate) / 1000
    return Math.min(burst, refilled)
  }
}
