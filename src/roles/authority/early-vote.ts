// When a lone authority of a testing network may vote before the clock says so: once the relays that it waits for are
// there, or no more seem to come. A network that was just started then has its first consensus within moments. As long as
// it waits, it does not vote when the clock says so either: a first consensus without the relays would only keep everybody
// from fetching a better one.

export interface EarlyVoteDeps {
  /** Relays that are running, without ourselves. */
  readonly running: () => number
  readonly hasConsensus: () => boolean
  readonly vote: () => void
  readonly nowMs: () => number
}

/** With nothing new for so long no more relays are waited for, where nobody said how many there are. */
const QUIET_MS = 1000
/** For relays that were announced and do not come. */
const PATIENCE_MS = 30_000

export class EarlyVote {
  readonly #deps: EarlyVoteDeps
  readonly #expected: number | undefined
  readonly #patientUntilMs: number
  #quiet: NodeJS.Timeout | undefined

  /** @param expected relays to wait for; undefined where nobody knows how many there will be */
  constructor(expected: number | undefined, deps: EarlyVoteDeps) {
    this.#expected = expected
    this.#deps = deps
    this.#patientUntilMs = deps.nowMs() + PATIENCE_MS
  }

  /** True while a first consensus would come too early. */
  get isWaiting(): boolean {
    const {running, hasConsensus, nowMs} = this.#deps
    if (hasConsensus()) return false
    return running() < (nowMs() < this.#patientUntilMs ? (this.#expected ?? 1) : 1)
  }

  /** A relay came, or was reached for the first time. */
  news(): void {
    const {running, hasConsensus} = this.#deps
    clearTimeout(this.#quiet)
    if (hasConsensus() || running() === 0) return
    if (this.#expected === undefined) this.#quiet = setTimeout(() => this.#vote(), QUIET_MS)
    else if (running() >= this.#expected) this.#vote()
  }

  stop(): void {
    clearTimeout(this.#quiet)
  }

  #vote(): void {
    if (!this.#deps.hasConsensus()) this.#deps.vote()
  }
}
