// What the round trips of a circuit are: an average over the last few, and the least average seen, which stands for the
// path without queues (prop 324, 2.1). All in microseconds, in whole numbers, so that every implementation agrees.

import type {VegasParams} from './vegas-params.ts'

/** The state of the window that a round trip was measured in. */
export interface WindowState {
  readonly phase: 'slow-start' | 'steady'
  readonly cwnd: number
  /** SENDMEs between two updates of the window. */
  readonly updateRate: number
}

export class RoundTrip {
  readonly #params: VegasParams
  #averageUs = 0
  #leastUs = 0
  #resets = 0

  constructor(params: VegasParams) {
    this.#params = params
  }

  /** 0 while nothing was measured. */
  get averageUs(): number {
    return this.#averageUs
  }

  get leastUs(): number {
    return this.#leastUs
  }

  /** How often the least was set anew because the window was as small as it gets. */
  get resets(): number {
    return this.#resets
  }

  /** True: the least was set anew. */
  measured(rttUs: number, window: WindowState): boolean {
    const before = this.#resets
    this.#averageUs = nAverage(rttUs, this.#averageUs, this.#count(window))
    if (this.#leastUs === 0) this.#leastUs = this.#averageUs
    else if (window.phase === 'steady' && window.cwnd === this.#params.cwndMin) this.#reset()
    else this.#leastUs = Math.min(this.#leastUs, this.#averageUs)
    return this.#resets > before
  }

  // One abnormally quick round trip would otherwise hold the window at its least forever.
  #reset(): void {
    const larger = Math.max(this.#averageUs, this.#leastUs)
    const smaller = Math.min(this.#averageUs, this.#leastUs)
    const weight = this.#params.rttResetPct
    this.#leastUs = Math.floor((weight * larger) / 100) + Math.floor(((100 - weight) * smaller) / 100)
    this.#resets++
  }

  #count({phase, updateRate}: WindowState): number {
    const {ewmaSs, ewmaCwndPct, ewmaMax} = this.#params
    const count =
      phase === 'slow-start' ? ewmaSs : Math.min(Math.floor((updateRate * ewmaCwndPct) / 100), ewmaMax)
    return Math.max(count, 2)
  }
}

/** Exponentially weighted: the newest of `count` values weighs 2 / (count + 1). */
function nAverage(newest: number, before: number, count: number): number {
  return before === 0 ? newest : Math.floor((2 * newest + (count - 1) * before) / (count + 1))
}
