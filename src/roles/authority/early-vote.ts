// When a lone authority of a testing network may vote before the clock says so: once the relays that it waits for are
// there, or no more seem to come. A network that was just started then has its first consensus within moments.

export interface EarlyVoteDeps {
  /** Relays that are running, without ourselves. */
  readonly running: () => number
  readonly hasConsensus: () => boolean
  readonly vote: () => void
}

/** With nothing new for so long no more relays are waited for. */
const QUIET_MS = 1000
/** And for no longer than this after the first. */
const PATIENCE_MS = 5000

export class EarlyVote {
  readonly #deps: EarlyVoteDeps
  readonly #expected: number | undefined
  #quiet: NodeJS.Timeout | undefined
  #patience: NodeJS.Timeout | undefined

  /** @param expected relays to wait for; undefined where nobody knows how many there will be */
  constructor(expected: number | undefined, deps: EarlyVoteDeps) {
    this.#expected = expected
    this.#deps = deps
  }

  /** A relay came, or was reached for the first time. */
  news(): void {
    const running = this.#deps.running()
    if (this.#deps.hasConsensus() || running === 0) return
    if (this.#expected !== undefined && running >= this.#expected) {
      this.#vote()
      return
    }
    this.#patience ??= setTimeout(() => this.#vote(), PATIENCE_MS)
    clearTimeout(this.#quiet)
    if (this.#expected === undefined) this.#quiet = setTimeout(() => this.#vote(), QUIET_MS)
  }

  stop(): void {
    clearTimeout(this.#quiet)
    clearTimeout(this.#patience)
    this.#patience = undefined
  }

  #vote(): void {
    this.stop()
    if (!this.#deps.hasConsensus()) this.#deps.vote()
  }
}
