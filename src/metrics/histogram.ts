// Counts values by how large they are. Plain numbers, so that whoever measures needs nothing of the exporter.

import type {HistogramReading} from './metric.ts'

export class Histogram implements HistogramReading {
  readonly bounds: readonly number[]
  readonly atMost: number[]
  count = 0
  sum = 0

  /** `bounds`: ascending. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.atMost = bounds.map(() => 0)
  }

  record(value: number): void {
    this.count++
    this.sum += value
    for (let i = this.bounds.length - 1; i >= 0; i--) {
      if (value > (this.bounds[i] ?? 0)) break
      this.atMost[i] = (this.atMost[i] ?? 0) + 1
    }
  }
}
