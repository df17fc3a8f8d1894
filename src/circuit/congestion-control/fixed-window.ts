// The window that circuits without congestion control have: 1000 messages, 100 more with each SENDME (tor-spec 7.3).

import type {CongestionControl} from './congestion-control.ts'

const WINDOW_START = 1000
const SENDME_INCREMENT = 100

export class FixedWindow implements CongestionControl {
  #window = WINDOW_START

  get kind(): 'fixed-window' {
    return 'fixed-window'
  }

  get sendmeIncrement(): number {
    return SENDME_INCREMENT
  }

  canSend(): number {
    return Math.max(0, this.#window)
  }

  onCellsSent(count: number): void {
    this.#window -= count
  }

  onSendme(): void {
    this.#window += SENDME_INCREMENT
  }

  closed(): void {
    // Nobody asks how a fixed window ended.
  }
}
