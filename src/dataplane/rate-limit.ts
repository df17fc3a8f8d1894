// A token bucket over octets, for RelayBandwidthRate and RelayBandwidthBurst, and for one link's PerConnBWRate. It never
// goes further below zero than one spend, so the average holds whatever the size of a read.

export class RateLimit {
  #perSecond = 0
  #burst = 0
  #tokens = 0
  #filledAtMs: number

  /** Octets per second and octets of burst; `perSecond` 0 means no limit. */
  constructor(perSecond: number, burst: number, nowMs: number) {
    this.configure(perSecond, burst)
    this.#filledAtMs = nowMs
  }

  /** From now on. What was spent under a limit stays spent. */
  configure(perSecond: number, burst: number): void {
    const wasLimited = this.isLimited
    this.#perSecond = perSecond
    this.#burst = Math.max(perSecond, burst)
    if (!wasLimited) this.#tokens = this.#burst
  }

  get isLimited(): boolean {
    return this.#perSecond > 0
  }

  /** Octets that may be moved now; Infinity without a limit. */
  available(nowMs: number): number {
    if (!this.isLimited) return Number.POSITIVE_INFINITY
    const elapsedMs = Math.max(0, nowMs - this.#filledAtMs)
    this.#filledAtMs = nowMs
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs * this.#perSecond) / 1000)
    return this.#tokens
  }

  spend(octets: number): void {
    if (this.isLimited) this.#tokens -= octets
  }
}
