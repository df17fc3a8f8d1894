// Whether a measured round trip can be believed (prop 324, 2.1.1). A clock that stalls makes round trips of nothing, and
// one that jumps makes absurd ones; either would wedge a window for good (TROVE-2022-001). One check serves all circuits,
// because they share the clock.

/** Two measurements that differ by more than this factor were not both made by a sound clock. */
const MAX_RATIO = 5000

export class ClockCheck {
  #isStalled = false
  #rejections = 0

  /** The clock stood still when it was last looked at. */
  get isStalled(): boolean {
    return this.#isStalled
  }

  /** Measurements refused so far. */
  get rejections(): number {
    return this.#rejections
  }

  /**
   * True when `newRttUs` must not be used. `oldRttUs` is the average so far; it is compared with only once the circuit is
   * out of slow start and has an average, since a few measurements are needed before one of them can be called odd.
   */
  rejects(oldRttUs: number, newRttUs: number, phase: 'slow-start' | 'steady'): boolean {
    const rejected = this.#isOdd(oldRttUs, newRttUs, phase)
    if (rejected) this.#rejections++
    return rejected
  }

  #isOdd(oldRttUs: number, newRttUs: number, phase: 'slow-start' | 'steady'): boolean {
    if (newRttUs <= 0) {
      this.#isStalled = true
      return true
    }
    if (phase === 'slow-start' || oldRttUs === 0) return false
    // A sudden drop can be a stall that is just over, or the network; the last known state of the clock decides.
    if (oldRttUs > newRttUs * MAX_RATIO) return this.#isStalled
    // A sudden rise says nothing lasting about the clock: the other end may have been suspended.
    if (newRttUs > oldRttUs * MAX_RATIO) return true
    this.#isStalled = false
    return false
  }
}
