// `conn-bi-direct` and `ipv6-conn-bi-direct` of the extra-info (dir-spec 2.1.2): how often in a day, of every ten seconds of
// every link, little went over it, or mostly one way, or both. The data plane counts; here are the day's differences.

import {LINK_DIRECTION_COUNTERS, type LinkDirectionCounter} from '../../../dataplane/link-directions.ts'
import type {DailyCounts} from './daily-statistics.ts'

export type LinkDirectionTotals = Readonly<Record<LinkDirectionCounter, number>>

export interface ConnectionDirectionStatisticsDeps {
  /** Since the start. */
  readonly totals: () => LinkDirectionTotals
  readonly formatTime: (time: Date) => string
}

export class ConnectionDirectionStatistics implements DailyCounts {
  readonly #deps: ConnectionDirectionStatisticsDeps
  #before: readonly number[] = []

  constructor(deps: ConnectionDirectionStatisticsDeps) {
    this.#deps = deps
  }

  lines(nowSeconds: number, seconds: number): string[] {
    const counts = this.#totals().map((total, at) => total - (this.#before[at] ?? 0))
    const end = `${this.#deps.formatTime(new Date(nowSeconds * 1000))} (${seconds} s)`
    const half = counts.length / 2
    return [
      `conn-bi-direct ${end} ${counts.slice(0, half).join(',')}`,
      `ipv6-conn-bi-direct ${end} ${counts.slice(half).join(',')}`
    ]
  }

  clear(): void {
    this.#before = this.#totals()
  }

  /** Of all links, then of those over IPv6: little, mostly read, mostly written, both. */
  #totals(): number[] {
    const totals = this.#deps.totals()
    return LINK_DIRECTION_COUNTERS.map(name => totals[name])
  }
}
