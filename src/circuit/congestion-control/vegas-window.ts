// TOR_VEGAS (prop 324, 3.3): a window that follows the circuit's own queue. What a path holds without queues is the window
// times the least round trip over the average one; what is in the window beyond that waits in some relay's queue. In slow
// start the window grows with every SENDME until the queue passes gamma; after that it moves by one step per window, so
// that the queue stays between alpha and beta. A blocked channel of ours is a queue that we can see, and counts at once.
//
// Whole numbers throughout, rounded as the proposal's reference does, because both ends must react alike.

import type {ClockCheck} from './clock-check.ts'
import type {CongestionStatistics} from './congestion-statistics.ts'
import {RoundTrip} from './round-trip.ts'
import type {VegasParams} from './vegas-params.ts'

/** Our end of the circuit's next channel: whether it takes no more, and how many cells wait for it. */
export interface LocalQueue {
  readonly isBlocked: boolean
  readonly cells: number
}

/** A SENDME, with what it is to be judged by. */
export interface Acknowledgement {
  /** When the message that it acknowledges was sent, and when it came. */
  readonly sentAtUs: number
  readonly nowUs: number
  /** Messages on their way, those acknowledged now still included. */
  readonly inFlight: number
  readonly queue: LocalQueue
}

export class VegasWindow {
  readonly roundTrip: RoundTrip
  readonly #params: VegasParams
  readonly #sendmeIncrement: number
  readonly #clock: ClockCheck
  readonly #statistics: CongestionStatistics | undefined
  #cwnd: number
  #phase: 'slow-start' | 'steady' = 'slow-start'
  #isFull = false
  #isBlocked = false
  /** SENDMEs until the window is next updated, and until a whole window has been acknowledged. */
  #untilUpdate = 1
  #untilWindow = 0

  constructor(
    params: VegasParams,
    sendmeIncrement: number,
    clock: ClockCheck,
    statistics?: CongestionStatistics | undefined
  ) {
    this.#params = params
    this.#sendmeIncrement = sendmeIncrement
    this.#clock = clock
    this.#statistics = statistics
    this.#cwnd = params.cwndInit
    this.roundTrip = new RoundTrip(params)
  }

  /** Messages that may be on their way at once. */
  get cwnd(): number {
    return this.#cwnd
  }

  get phase(): 'slow-start' | 'steady' {
    return this.#phase
  }

  get isFull(): boolean {
    return this.#isFull
  }

  get isBlocked(): boolean {
    return this.#isBlocked
  }

  acknowledged({sentAtUs, nowUs, inFlight, queue}: Acknowledgement): void {
    if (this.#untilUpdate > 0) this.#untilUpdate--
    if (this.#untilWindow > 0) this.#untilWindow--

    const rttUs = nowUs - sentAtUs
    const isMeasured = !this.#clock.rejects(this.roundTrip.averageUs, rttUs, this.#phase)
    if (isMeasured) {
      const {phase, cwnd} = this
      const isReset = this.roundTrip.measured(rttUs, {phase, cwnd, updateRate: this.#updateRate()})
      if (isReset) this.#statistics?.count('rttResets')
    } else this.#statistics?.count('clockStalls')
    const capacity = this.#capacity(queue)
    if (!isMeasured && !queue.isBlocked) return

    const queued = Math.max(0, this.#cwnd - capacity)
    this.#noteFullness(inFlight)
    if (this.#phase === 'slow-start') this.#slowStart(capacity, queued)
    else if (this.#untilUpdate === 0) this.#steady(capacity, queued)
    const {cwndMin, cwndMax} = this.#params
    this.#cwnd = Math.min(Math.max(this.#cwnd, cwndMin), cwndMax)

    if (this.#untilWindow === 0) this.#untilWindow = this.#sendmesPerWindow()
    if (this.#untilUpdate === 0) this.#untilUpdate = this.#updateRate()
    if (this.#forgetsFullness()) this.#isFull = false
  }

  /** The bandwidth-delay product, in messages: what the path holds without queues. */
  #capacity({isBlocked, cells}: LocalQueue): number {
    const {averageUs, leastUs} = this.roundTrip
    if (averageUs === 0) {
      // Nothing could be measured, so there is only our own queue to go by.
      this.#isBlocked = isBlocked
      return isBlocked ? Math.max(this.#cwnd - cells, this.#params.cwndMin) : this.#cwnd
    }
    // Blocking and unblocking are both news: the window is looked at again right away.
    if (isBlocked !== this.#isBlocked) this.#untilUpdate = 0
    this.#isBlocked = isBlocked
    return Math.floor((this.#cwnd * leastUs) / averageUs)
  }

  #slowStart(capacity: number, queued: number): void {
    const {gamma, cwndInc, cwndIncRate, ssCwndMax} = this.#params
    if (queued >= gamma || this.#isBlocked) {
      this.#statistics?.average('ssBlockedPct', this.#isBlocked ? 100 : 0)
      this.#statistics?.average('gammaDrop', this.#cwnd - (capacity + gamma))
      this.#cwnd = capacity + gamma
      this.#leaveSlowStart(capacity)
    } else if (this.#isFull) {
      const step = this.#slowStartStep()
      this.#cwnd += step
      // Slow start has become slower than what comes after it.
      if (step * this.#sendmesPerWindow() <= cwndInc * cwndIncRate) {
        this.#statistics?.count('belowSlowStartFloor')
        this.#leaveSlowStart(capacity)
      }
    }
    if (this.#cwnd >= ssCwndMax) {
      this.#cwnd = ssCwndMax
      this.#statistics?.count('aboveSlowStartMax')
      if (this.#phase === 'slow-start') this.#leaveSlowStart(capacity)
    }
    this.#statistics?.average('ssQueue', queued)
  }

  #leaveSlowStart(capacity: number): void {
    this.#phase = 'steady'
    this.#statistics?.leftSlowStart(this.#cwnd, capacity, this.#slowStartStep())
  }

  /** RFC 3742: beyond the cap each step is in inverse proportion to the window. */
  #slowStartStep(): number {
    const {cwndIncPctSs, ssCwndCap} = this.#params
    if (this.#cwnd <= ssCwndCap) return Math.floor((cwndIncPctSs * this.#sendmeIncrement + 50) / 100)
    const step = Math.floor((this.#sendmeIncrement * ssCwndCap + this.#cwnd) / (2 * this.#cwnd))
    return Math.max(step, 1)
  }

  #steady(capacity: number, queued: number): void {
    const {alpha, beta, delta, cwndInc} = this.#params
    this.#statistics?.steadyUpdate(queued, capacity, {
      isAboveDelta: queued > delta,
      isAboveBeta: queued > beta,
      isBelowAlpha: queued < alpha,
      isBlocked: this.#isBlocked
    })
    if (queued > delta) {
      this.#statistics?.average('deltaDrop', this.#cwnd - (capacity + delta - cwndInc))
      this.#cwnd = capacity + delta - cwndInc
    } else if (queued > beta || this.#isBlocked) this.#cwnd -= cwndInc
    else if (queued < alpha && this.#isFull) this.#cwnd += cwndInc
  }

  // A window that its user does not fill says nothing about the path, so it must not grow.
  #noteFullness(inFlight: number): void {
    const {fullGap, fullMinPct} = this.#params
    if (inFlight + fullGap * this.#sendmeIncrement >= this.#cwnd) this.#isFull = true
    else if (100 * inFlight < fullMinPct * this.#cwnd) this.#isFull = false
  }

  #forgetsFullness(): boolean {
    return this.#params.fullPerCwnd === 1
      ? this.#untilWindow === this.#sendmesPerWindow()
      : this.#untilUpdate === this.#updateRate()
  }

  /** Zero, from a high rate, means with every SENDME. */
  #updateRate(): number {
    if (this.#phase === 'slow-start') return 1
    const step = this.#params.cwndIncRate * this.#sendmeIncrement
    return Math.floor((this.#cwnd + Math.floor(step / 2)) / step)
  }

  #sendmesPerWindow(): number {
    const half = Math.floor(this.#sendmeIncrement / 2)
    return Math.floor((this.#cwnd + half) / this.#sendmeIncrement)
  }
}
