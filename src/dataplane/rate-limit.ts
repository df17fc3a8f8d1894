// A token bucket over octets, for RelayBandwidthRate and RelayBandwidthBurst. It never goes further below zero than one
// spend, so the average holds whatever the size of a read.

export class RateLimit {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #filledAtMs: number

  /** Octets per second and octets of burst; `perSecond` 0 means no limit. */
  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#burst = Math.max(perSecond, burst)
    this.#tokens = this.#burst
    this.#filledAtMs = nowMs
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
