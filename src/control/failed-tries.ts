// How long whoever failed to authenticate waits for the answer. It grows with every failure, whoever made it, and shrinks
// with time; together with the bound on connections that limits how many secrets can be tried in a second. Nobody who has
// the right one ever waits.

const FIRST_MS = 100
const MOST_MS = 5000
/** After this long without a failure it begins anew. */
const FORGOTTEN_MS = 60_000

export class FailedTries {
  readonly #now: () => number
  #lastAtMs = -Infinity
  #delayMs = 0

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Milliseconds that this failure costs. */
  note(): number {
    const nowMs = this.#now()
    const goesOn = nowMs - this.#lastAtMs < FORGOTTEN_MS
    this.#lastAtMs = nowMs
    this.#delayMs = goesOn ? Math.min(MOST_MS, this.#delayMs * 2) : FIRST_MS
    return this.#delayMs
  }
}
