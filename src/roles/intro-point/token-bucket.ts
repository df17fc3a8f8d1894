// How many INTRODUCE2 one service gets: so many at once, and so many more each second (rend-spec-v3 3.1.1, prop 305).
//
// C tor refills once a second and refuses the introduction that takes the last token, so that a burst of 200 is one of 199
// and a burst of 1 is none. Here tokens come back evenly and a burst is what its name says.

/** Introductions per second, and the most at once. Both at least 1, `burst` not below `rate`. */
export interface IntroductionLimit {
  readonly rate: number
  readonly burst: number
}

export class TokenBucket {
  /** Undefined until the first introduction, which finds the bucket full. */
  #tokens: number | undefined
  #refilledAtMs = 0

  /**
   * Takes a token; false when there is none. The limit may be another one each time, as consensus parameters change.
   * @param nowMs of a clock that never goes back
   */
  take({rate, burst}: IntroductionLimit, nowMs: number): boolean {
    const refilled = (this.#tokens ?? burst) + ((nowMs - this.#refilledAtMs) * rate) / 1000
    const tokens = Math.min(burst, refilled)
    this.#refilledAtMs = nowMs
    this.#tokens = tokens >= 1 ? tokens - 1 : tokens
    return tokens >= 1
  }
}
