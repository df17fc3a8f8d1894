// The cells that wait for one channel. Cells that are no relay cells go first, in order; relay cells wait in a queue per
// circuit, and the queues take turns, so that a busy circuit cannot hold up a quiet one. A flush takes what the socket has
// room for and hands it over as one write.
//
//   put/putControl ──▶ queues ──(once per loop turn, or on 'drain')──▶ take(max) ──▶ socket.write
//
// The outbox owns the octets put into it until they are taken. What they cost is kept in one account that all outboxes of
// a plane share, and every cell knows since when it has waited, so that memory pressure finds the oldest.

import type {CircuitHandle} from '../contract.ts'
import type {QueueAccount} from '../link.ts'
import type {WaitTimes} from './wait-times.ts'

const CONTROL_CELLS_MAX = 4096
/** What keeping a cell costs beside its octets (two objects, their backing store, two places in the queue); measured. */
const CELL_OVERHEAD = 448

export type PutResult = 'queued' | 'queue-full'

/** A queue that gives from its head without moving what is behind. */
export class CircuitQueue {
  /** Whose cells these are; undefined for the queue of control cells. */
  readonly circuit: CircuitHandle | undefined
  waiting = false
  /** Somebody wants to know when it is short. */
  isAwaited = false
  /** Cells that left here, where that is measured; see CellWaits. */
  left: {cells: number; waitedMs: number; readonly sinceMs: number} | undefined
  readonly #cells: Uint8Array[] = []
  /** Since when each cell has waited, in milliseconds of the clock of whoever puts. */
  readonly #since: number[] = []
  #head = 0

  constructor(circuit: CircuitHandle | undefined) {
    this.circuit = circuit
  }

  get length(): number {
    return this.#cells.length - this.#head
  }

  /** Since when the oldest cell has waited; undefined when none does. */
  get oldestMs(): number | undefined {
    return this.#since[this.#head]
  }

  push(cell: Uint8Array, nowMs: number): void {
    this.#cells.push(cell)
    this.#since.push(nowMs)
  }

  shift(): Uint8Array | undefined {
    const cell = this.#cells[this.#head]
    if (cell === undefined) return undefined
    this.#head++
    if (this.#head > 64 && this.#head * 2 > this.#cells.length) {
      this.#cells.splice(0, this.#head)
      this.#since.splice(0, this.#head)
      this.#head = 0
    }
    return cell
  }

  /** Empties the queue; gives what the cells in it cost. */
  clear(): number {
    let octets = 0
    for (let at = this.#head; at < this.#cells.length; at++) octets += costOf(this.#cells[at])
    this.#cells.length = 0
    this.#since.length = 0
    this.#head = 0
    return octets
  }
}

export class Outbox {
  readonly #account: QueueAccount
  readonly #waits: WaitTimes
  readonly #control: CircuitQueue = new CircuitQueue(undefined)
  #turns: CircuitQueue[] = []

  /** What all outboxes of the plane have waiting, and how long what they gave had waited. */
  constructor(account: QueueAccount, waits: WaitTimes) {
    this.#account = account
    this.#waits = waits
  }

  get isEmpty(): boolean {
    return this.#control.length === 0 && this.#turns.length === 0
  }

  /** Since when the oldest control cell has waited; undefined when none does. */
  get oldestControlMs(): number | undefined {
    return this.#control.oldestMs
  }

  putControl(cell: Uint8Array, nowMs: number): PutResult {
    if (this.#control.length >= CONTROL_CELLS_MAX) return 'queue-full'
    this.#push(this.#control, cell, nowMs)
    return 'queued'
  }

  /** `cellsMax`: cells that this circuit may have waiting here. */
  put(queue: CircuitQueue, cell: Uint8Array, nowMs: number, cellsMax: number): PutResult {
    if (queue.length >= cellsMax) return 'queue-full'
    this.#push(queue, cell, nowMs)
    if (!queue.waiting) {
      queue.waiting = true
      this.#turns.push(queue)
    }
    return 'queued'
  }

  /** Up to `octetsMax` octets of cells (at least one cell if there is one). `onTaken` hears of each circuit queue that gave. */
  take(octetsMax: number, nowMs: number, onTaken: (queue: CircuitQueue) => void): Uint8Array[] {
    const taken: Uint8Array[] = []
    let octets = 0
    while (octets < octetsMax) {
      const cell = this.#shift(this.#control, nowMs)
      if (cell === undefined) break
      taken.push(cell)
      octets += cell.length
    }
    if (this.#control.length === 0) this.drop(this.#control)
    let turn = 0
    for (; octets < octetsMax; turn++) {
      const queue = this.#turns[turn]
      if (queue === undefined) break
      const cell = this.#shift(queue, nowMs)
      if (cell !== undefined) {
        taken.push(cell)
        octets += cell.length
        onTaken(queue)
      }
      if (queue.length > 0) this.#turns.push(queue)
      else {
        this.drop(queue)
        queue.waiting = false
      }
    }
    this.#turns.splice(0, turn)
    return taken
  }

  /** Forgets the cells of one circuit. */
  drop(queue: CircuitQueue): void {
    this.#account.octets -= queue.clear()
  }

  clear(): void {
    this.drop(this.#control)
    for (const queue of this.#turns) {
      this.drop(queue)
      queue.waiting = false
    }
    this.#turns = []
  }

  #push(queue: CircuitQueue, cell: Uint8Array, nowMs: number): void {
    queue.push(cell, nowMs)
    this.#account.octets += costOf(cell)
  }

  #shift(queue: CircuitQueue, nowMs: number): Uint8Array | undefined {
    const sinceMs = queue.oldestMs ?? nowMs
    const cell = queue.shift()
    if (cell === undefined) return undefined
    this.#account.octets -= costOf(cell)
    this.#waits.add(nowMs - sinceMs)
    if (this.#waits.ofCircuits) {
      queue.left ??= {cells: 0, waitedMs: 0, sinceMs: nowMs}
      queue.left.cells++
      queue.left.waitedMs += nowMs - sinceMs
    }
    return cell
  }
}

function costOf(cell: Uint8Array | undefined): number {
  return cell === undefined ? 0 : cell.length + CELL_OVERHEAD
}
