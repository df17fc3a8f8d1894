// One machine that runs on one circuit: a number of DROP messages, one timer at a time, then its end. The circuit's closing
// or a STOP cancels the timer; nothing of the machine outlives it. The same at a relay and at a client.

import type {MachineType} from './machine.ts'

/** The side of a circuit on which the machine runs. */
export interface PaddedSide {
  readonly isClosed: boolean
  readonly localQueue: {readonly cells: number}
  /** Sends a DROP to the other half. */
  drop(): void
}

/** What of a machine the engine goes by. */
export interface Drops {
  readonly drops: readonly [least: number, most: number]
  readonly delayUs: readonly [least: number, most: number]
}

export interface MachineDeps {
  /** Calls back once, after at least so many microseconds; the function given back cancels that. */
  readonly after: (delayUs: number, callback: () => void) => () => void
  /** A whole number from `least` to `most`, both included. */
  readonly pick: (least: number, most: number) => number
  /** Cells that may wait on a circuit before padding is left out: consensus parameter circpad_max_circ_queued_cells. */
  readonly queuedCellsMax: () => number
  /** False while consensus or settings forbid padding. */
  readonly isAllowed: () => boolean
  /** Hears of each DROP that was sent. */
  readonly onDrop: () => void
}

export interface RunningMachineOptions {
  readonly type: MachineType
  readonly machine: Drops
  /** Which of the circuit's machines this is; 1 is the first. */
  readonly counter: number
  readonly side: PaddedSide
  /** The machine has sent all it had to. */
  readonly onEnd: (machine: RunningMachine) => void
}

export class RunningMachine {
  readonly type: MachineType
  readonly counter: number
  readonly #options: RunningMachineOptions
  readonly #deps: MachineDeps
  #left: number
  #cancel: (() => void) | undefined

  constructor(options: RunningMachineOptions, deps: MachineDeps) {
    this.type = options.type
    this.counter = options.counter
    this.#options = options
    this.#deps = deps
    this.#left = deps.pick(...options.machine.drops)
  }

  /** Begins to pad; called when the client has been told that the machine runs. */
  start(): void {
    if (!this.#deps.isAllowed()) return
    this.#cancel = this.#deps.after(this.#deps.pick(...this.#options.machine.delayUs), () => this.#pad())
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #pad(): void {
    this.#cancel = undefined
    const {side, onEnd} = this.#options
    // Padding must not be what fills a queue. What was left out counts as sent, or the machine might never end.
    if (side.localQueue.cells <= this.#deps.queuedCellsMax()) {
      side.drop()
      this.#deps.onDrop()
    }
    this.#left--
    if (this.#left <= 0) onEnd(this)
    else if (!side.isClosed) this.start()
  }
}
