// Congestion control of one circuit as its flow uses it: counts what is on its way, remembers when the messages that will
// be acknowledged were sent, and lets the window judge each SENDME.

import {BugError} from '../../fault/fault.ts'
import type {ClockCheck} from './clock-check.ts'
import type {CongestionControl} from './congestion-control.ts'
import type {CongestionStatistics} from './congestion-statistics.ts'
import type {VegasParams} from './vegas-params.ts'
import {type LocalQueue, VegasWindow} from './vegas-window.ts'

export interface VegasOptions {
  readonly params: VegasParams
  /** Agreed on in the circuit's handshake. */
  readonly sendmeIncrement: number
}

export interface VegasDeps {
  /** One for all circuits. */
  readonly clock: ClockCheck
  /** The queue from this end of the circuit onto its channel. */
  readonly localQueue: () => LocalQueue
  /** Learns how windows of all circuits fare, where somebody wants to know. */
  readonly statistics?: CongestionStatistics | undefined
}

export class Vegas implements CongestionControl {
  readonly kind = 'vegas'
  readonly sendmeIncrement: number
  readonly window: VegasWindow
  readonly #localQueue: () => LocalQueue
  readonly #statistics: CongestionStatistics | undefined
  /** When each message that a SENDME will acknowledge was sent; no longer than the window has increments. */
  readonly #sentAtUs: number[] = []
  #inFlight = 0
  #sent = 0

  constructor({params, sendmeIncrement}: VegasOptions, {clock, localQueue, statistics}: VegasDeps) {
    this.sendmeIncrement = sendmeIncrement
    this.window = new VegasWindow(params, sendmeIncrement, clock, statistics)
    this.#statistics = statistics
    statistics?.opened()
    this.#localQueue = localQueue
  }

  canSend(): number {
    return Math.max(0, this.window.cwnd - this.#inFlight)
  }

  onCellsSent(count: number, nowUs: number): void {
    this.#inFlight += count
    const completed = Math.floor((this.#sent + count) / this.sendmeIncrement)
    for (let i = Math.floor(this.#sent / this.sendmeIncrement); i < completed; i++) this.#sentAtUs.push(nowUs)
    this.#sent += count
  }

  /** The caller has made sure that a SENDME was due. */
  onSendme(nowUs: number): void {
    const sentAtUs = this.#sentAtUs.shift()
    if (sentAtUs === undefined) throw new BugError('sendme-unexpected')
    this.window.acknowledged({sentAtUs, nowUs, inFlight: this.#inFlight, queue: this.#localQueue()})
    this.#inFlight -= this.sendmeIncrement
  }

  closed(): void {
    this.#statistics?.closed(this.window.phase, this.window.cwnd)
  }
}
