// The cells that wait for one channel. Cells that are no relay cells go first, in order; relay cells wait in a queue per
// circuit, and the queues take turns, so that a busy circuit cannot hold up a quiet one. A flush takes what the socket has
// room for and hands it over as one write.
//
//   put/putControl ──▶ queues ──(once per loop turn, or on 'drain')──▶ take(max) ──▶ socket.write
//
// The outbox owns the octets put into it until they are taken.

import type {CircuitHandle} from '../contract.ts'

const CONTROL_CELLS_MAX = 4096

export type PutResult = 'queued' | 'queue-full'

/** A queue that gives from its head without moving what is behind. */
export class CircuitQueue {
  /** Whose cells these are; undefined for the queue of control cells. */
  readonly circuit: CircuitHandle | undefined
  readonly cells: Uint8Array[] = []
  head = 0
  waiting = false

  constructor(circuit: CircuitHandle | undefined) {
    this.circuit = circuit
  }

  get length(): number {
    return this.cells.length - this.head
  }

  shift(): Uint8Array | undefined {
    const cell = this.cells[this.head]
    if (cell === undefined) return undefined
    this.head++
    if (this.head > 64 && this.head * 2 > this.cells.length) {
      this.cells.splice(0, this.head)
      this.head = 0
    }
    return cell
  }

  clear(): void {
    this.cells.length = 0
    this.head = 0
  }
}

export class Outbox {
  /** Cells one circuit may have waiting; consensus parameter circ_max_cell_queue_size. */
  readonly #circuitCellsMax: number
  readonly #control: CircuitQueue = new CircuitQueue(undefined)
  #turns: CircuitQueue[] = []

  constructor(circuitCellsMax: number) {
    this.#circuitCellsMax = circuitCellsMax
  }

  get isEmpty(): boolean {
    return this.#control.length === 0 && this.#turns.length === 0
  }

  putControl(cell: Uint8Array): PutResult {
    if (this.#control.length >= CONTROL_CELLS_MAX) return 'queue-full'
    this.#control.cells.push(cell)
    return 'queued'
  }

  put(queue: CircuitQueue, cell: Uint8Array): PutResult {
    if (queue.length >= this.#circuitCellsMax) return 'queue-full'
    queue.cells.push(cell)
    if (!queue.waiting) {
      queue.waiting = true
      this.#turns.push(queue)
    }
    return 'queued'
  }

  /** Up to `octetsMax` octets of cells (at least one cell if there is one). `onTaken` hears of each circuit queue that gave. */
  take(octetsMax: number, onTaken: (queue: CircuitQueue) => void): Uint8Array[] {
    const taken: Uint8Array[] = []
    let octets = 0
    while (octets < octetsMax) {
      const cell = this.#control.shift()
      if (cell === undefined) break
      taken.push(cell)
      octets += cell.length
    }
    if (this.#control.length === 0) this.#control.clear()
    let turn = 0
    for (; octets < octetsMax; turn++) {
      const queue = this.#turns[turn]
      if (queue === undefined) break
      const cell = queue.shift()
      if (cell !== undefined) {
        taken.push(cell)
        octets += cell.length
        onTaken(queue)
      }
      if (queue.length > 0) this.#turns.push(queue)
      else {
        queue.clear()
        queue.waiting = false
      }
    }
    this.#turns.splice(0, turn)
    return taken
  }

  clear(): void {
    this.#control.clear()
    for (const queue of this.#turns) {
      queue.clear()
      queue.waiting = false
    }
    this.#turns = []
  }
}
