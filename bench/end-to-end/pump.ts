// Keeps one link full: as many cells under way as its window has room for, in writes of a given size, runs of a few cells
// a circuit. What a write held comes back when the socket is done with it, so that nothing is allocated as it runs.

import {CELL, type CellLink} from './cell-link.ts'
import {blankCells, type Flow, fillCell} from './flow.ts'

export interface PumpOptions {
  /** Cells of one write. */
  readonly writeCells: number
  /** Cells of one TLS record. */
  readonly recordCells: number
  /** Cells of one circuit in a row. */
  readonly run: number
  /** Cells that may be under way. */
  readonly window: number
}

const SLABS = 4

export class Pump {
  readonly #link: CellLink
  readonly #flows: readonly Flow[]
  readonly #options: PumpOptions
  readonly #free: Buffer[]
  #turn = 0
  #underWay = 0
  #isStopped = false

  constructor(link: CellLink, flows: readonly Flow[], options: PumpOptions) {
    this.#link = link
    this.#flows = flows
    this.#options = options
    link.limitRecords(options.recordCells)
    this.#free = Array.from({length: SLABS}, () => blankCells(options.writeCells))
  }

  fill(): void {
    const {writeCells, window} = this.#options
    while (!this.#isStopped && this.#free.length > 0 && window - this.#underWay >= writeCells) {
      const slab = this.#free.pop() as Buffer
      this.#load(slab)
      this.#underWay += writeCells
      this.#link.write(slab, () => {
        this.#free.push(slab)
        this.fill()
      })
    }
  }

  arrived(count: number): void {
    this.#underWay -= count
    this.fill()
  }

  stop(): void {
    this.#isStopped = true
  }

  get underWay(): number {
    return this.#underWay
  }

  #load(slab: Buffer): void {
    const {writeCells, run} = this.#options
    for (let i = 0, at = 0; i < writeCells; i++, at += CELL, this.#turn++) {
      fillCell(slab, at, this.#flows[Math.floor(this.#turn / run) % this.#flows.length] as Flow, 0)
    }
  }
}
