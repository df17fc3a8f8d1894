// `cell-stats` of the extra-info (dir-spec 2.1.2): how many cells circuits carried and how long these waited, in tenths of all
// circuits from the busiest to the quietest, as means over each tenth. It stands behind CellStatistics.
//
// A circuit counts when it closes, with what left it since it was measured. C tor counts those that are open at the end of the
// day, too. The ends of a circuit may be in two shards, which tell of them one by one: what comes within a few seconds of each
// other is one circuit. No circuit is known by anything but its number in this process, and by that for these seconds alone.

import type {CellWaits, CircuitHandle} from '../../../dataplane/contract.ts'
import type {DailyCounts} from './daily-statistics.ts'

/** Circuits of which a day's tenths are made; of more, a random choice. */
export const CIRCUITS_MAX = 20_000
/** Circuits whose other end may still be told of. */
export const CLOSING_MAX = 10_000
const CLOSING_SECONDS = 5
const SHARES = 10
/** No circuit lasted for less, or a few cells of a short one would look like a full queue. */
const SHORTEST_MS = 1000

export interface CellStatisticsDeps {
  readonly formatTime: (time: Date) => string
  /** At least 0 and less than 1. */
  readonly random: () => number
}

interface Closing {
  cells: number
  waitedMs: number
  lastedMs: number
  readonly sinceSeconds: number
}

interface Share {
  readonly cells: number
  /** Cells in a queue of the circuit, on average. */
  readonly queued: number
  /** Milliseconds that a cell waited, on average. */
  readonly waitedMs: number
}

export class CellStatistics implements DailyCounts {
  readonly #deps: CellStatisticsDeps
  /** Oldest first. */
  readonly #closing = new Map<CircuitHandle, Closing>()
  #shares: Share[] = []
  #circuits = 0
  #nowSeconds = 0

  constructor(deps: CellStatisticsDeps) {
    this.#deps = deps
  }

  /** Circuits that are held. */
  get size(): number {
    return this.#closing.size + this.#shares.length
  }

  waited(circuit: CircuitHandle, {cells, waitedMs, lastedMs}: CellWaits): void {
    const known = this.#closing.get(circuit)
    if (known !== undefined) {
      known.cells += cells
      known.waitedMs += waitedMs
      known.lastedMs = Math.max(known.lastedMs, lastedMs)
      return
    }
    if (this.#closing.size >= CLOSING_MAX) {
      const [oldest] = this.#closing
      if (oldest !== undefined) this.#closed(...oldest)
    }
    this.#closing.set(circuit, {cells, waitedMs, lastedMs, sinceSeconds: this.#nowSeconds})
  }

  second(nowSeconds: number): void {
    this.#nowSeconds = nowSeconds
    for (const [circuit, closing] of this.#closing) {
      if (closing.sinceSeconds > nowSeconds - CLOSING_SECONDS) break
      this.#closed(circuit, closing)
    }
  }

  lines(nowSeconds: number, seconds: number): string[] {
    const sorted = this.#shares.toSorted((a, b) => b.cells - a.cells)
    const tenths: Share[][] = Array.from({length: SHARES}, () => [])
    sorted.forEach((share, at) => {
      tenths[Math.floor((at * SHARES) / sorted.length)]?.push(share)
    })
    const means = (value: keyof Share, print: (mean: number) => string) =>
      tenths.map(tenth => print(mean(tenth.map(share => share[value])))).join(',')
    return [
      `cell-stats-end ${this.#deps.formatTime(new Date(nowSeconds * 1000))} (${seconds} s)`,
      `cell-processed-cells ${means('cells', value => `${Math.floor(value)}`)}`,
      `cell-queued-cells ${means('queued', value => value.toFixed(2))}`,
      `cell-time-in-queue ${means('waitedMs', value => value.toFixed(0))}`,
      `cell-circuits-per-decile ${Math.ceil(this.#circuits / SHARES)}`
    ]
  }

  clear(): void {
    this.#closing.clear()
    this.#shares = []
    this.#circuits = 0
  }

  #closed(circuit: CircuitHandle, {cells, waitedMs, lastedMs}: Closing): void {
    this.#closing.delete(circuit)
    this.#circuits++
    // A circuit has a queue in each direction.
    const queued = waitedMs / Math.max(SHORTEST_MS, lastedMs) / 2
    const share = {cells, queued, waitedMs: waitedMs / cells}
    if (this.#shares.length < CIRCUITS_MAX) {
      this.#shares.push(share)
      return
    }
    const at = Math.floor(this.#deps.random() * this.#circuits)
    if (at < CIRCUITS_MAX) this.#shares[at] = share
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
