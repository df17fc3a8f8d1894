// The statistics that a relay publishes of itself in its extra-info, put together: fed once a second with totals, asked for
// lines when documents are printed. Each kind can be switched off in the torrc, and all at once with ExtraInfoStatistics 0.

import type {RelayConfig} from '../config/relay-config.ts'
import {secureFraction} from '../netdir/choose.ts'
import {formatTime} from '../netdoc/time.ts'
import {OnionServiceStatistics} from '../roles/relay/statistics/onion-service-statistics.ts'
import {OverloadStatistics, type OverloadTotals} from '../roles/relay/statistics/overload-statistics.ts'
import {PaddingStatistics, type PaddingTotals} from '../roles/relay/statistics/padding-statistics.ts'

export interface StatisticsTotals extends OverloadTotals, PaddingTotals {
  /** Cells between joined circuits. */
  readonly splicedCells: number
}

export interface RelayStatisticsDeps {
  readonly param: (name: string) => number | undefined
  readonly overloaded: () => void
  readonly countries: CountriesOfClients
  /** Statistics of onion services for the next run; not kept where this is left out. */
  readonly saved?: SavedStatistics | undefined
}

/** Where clients are, as far as there is a file that says so. */
export interface CountriesOfClients {
  has(family: 'ipv4' | 'ipv6'): boolean
  country(address: Uint8Array): string
  /** What the extra-info says of the files. */
  digestLines(): readonly string[]
}

export interface SavedStatistics {
  readonly lines: readonly string[]
  readonly save: (lines: readonly string[]) => void
}

export class RelayStatistics {
  readonly #onionServices: OnionServiceStatistics
  readonly #padding: PaddingStatistics
  readonly #overload: OverloadStatistics
  readonly #saved: SavedStatistics | undefined
  readonly #countries: CountriesOfClients

  constructor(nowSeconds: number, {param, overloaded, countries, saved}: RelayStatisticsDeps) {
    this.#countries = countries
    this.#onionServices = new OnionServiceStatistics(nowSeconds, {random: secureFraction, formatTime})
    this.#saved = saved
    if (saved !== undefined) this.#onionServices.restore(saved.lines)
    this.#padding = new PaddingStatistics(nowSeconds, formatTime)
    this.#overload = new OverloadStatistics({param, overloaded, formatTime})
  }

  descriptorStored(blindedKey: Uint8Array): void {
    this.#onionServices.descriptorStored(blindedKey, Math.floor(Date.now() / 1000))
  }

  second(nowSeconds: number, totals: StatisticsTotals): void {
    const before = this.#onionServices.lines()
    this.#onionServices.second(nowSeconds, totals.splicedCells)
    if (this.#onionServices.lines() !== before) this.#saved?.save(this.#onionServices.lines())
    this.#padding.second(nowSeconds, totals)
    this.#overload.second(nowSeconds, totals)
  }

  /** In the order of C tor. */
  lines(nowSeconds: number, config: RelayConfig): string[] {
    const {hiddenServiceStatistics, paddingStatistics, overloadStatistics} = config
    const {bandwidthRate, bandwidthBurst} = config
    return [
      ...this.#countries.digestLines(),
      ...(hiddenServiceStatistics ? this.#onionServices.lines() : []),
      ...(paddingStatistics ? this.#padding.lines() : []),
      ...(overloadStatistics ? this.#overload.lines(nowSeconds, bandwidthRate, bandwidthBurst) : [])
    ]
  }
}
