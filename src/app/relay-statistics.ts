// The statistics that a relay publishes of itself in its extra-info, put together: fed once a second with totals, asked for
// lines when documents are printed. Each kind can be switched off in the torrc, and all at once with ExtraInfoStatistics 0.

import type {RelayConfig} from '../config/relay-config.ts'
import type {StatisticsFile} from '../datadir/statistics-file.ts'
import type {DataPlane, DataPlaneMeasures} from '../dataplane/contract.ts'
import {LINK_DIRECTION_COUNTERS} from '../dataplane/link-directions.ts'
import {secureFraction} from '../netdir/choose.ts'
import {formatTime} from '../netdoc/time.ts'
import {CellStatistics} from '../roles/relay/statistics/cell-statistics.ts'
import {
  ConnectionDirectionStatistics,
  type LinkDirectionTotals
} from '../roles/relay/statistics/connection-direction-statistics.ts'
import {ConsensusRequestStatistics} from '../roles/relay/statistics/consensus-request-statistics.ts'
import {DailyStatistics, type SavedLines} from '../roles/relay/statistics/daily-statistics.ts'
import {EntryStatistics} from '../roles/relay/statistics/entry-statistics.ts'
import {OnionServiceStatistics} from '../roles/relay/statistics/onion-service-statistics.ts'
import {OverloadStatistics, type OverloadTotals} from '../roles/relay/statistics/overload-statistics.ts'
import {PaddingStatistics, type PaddingTotals} from '../roles/relay/statistics/padding-statistics.ts'

export interface StatisticsTotals extends OverloadTotals, PaddingTotals {
  /** Cells between joined circuits. */
  readonly splicedCells: number
}

export type MeasuringPlane = Pick<DataPlane, 'counters' | 'setMeasures'>

const NO_LINKS = Object.fromEntries(LINK_DIRECTION_COUNTERS.map(name => [name, 0])) as LinkDirectionTotals

export interface RelayStatisticsDeps {
  readonly param: (name: string) => number | undefined
  readonly overloaded: () => void
  readonly countries: CountriesOfClients
  /** Lines for the next run, by the file that they are in; not kept where this is left out. */
  readonly saved?: ((name: StatisticsFile) => SavedLines) | undefined
}

/** Where clients are, as far as there is a file that says so. */
export interface CountriesOfClients {
  readonly isRead: boolean
  has(family: 'ipv4' | 'ipv6'): boolean
  country(address: Uint8Array): string
  /** What the extra-info says of the files. */
  digestLines(): readonly string[]
}

export class RelayStatistics {
  /** Hears how the directory answers. */
  readonly consensusRequests: ConsensusRequestStatistics
  /** Hears of clients that connect. */
  readonly entry: EntryStatistics
  /** Hears of circuits that close. */
  readonly cells = new CellStatistics({formatTime, random: secureFraction})
  readonly #onionServices: OnionServiceStatistics
  readonly #padding: PaddingStatistics
  readonly #overload: OverloadStatistics
  readonly #consensusRequestDays: DailyStatistics
  readonly #entryDays: DailyStatistics
  readonly #linkDays: DailyStatistics
  readonly #cellDays: DailyStatistics
  #plane: MeasuringPlane | undefined
  #measures: DataPlaneMeasures = {linkDirections: false, cellWaits: false}
  #linkTotals: () => LinkDirectionTotals = () => NO_LINKS
  readonly #saved: SavedLines | undefined
  readonly #countries: CountriesOfClients

  constructor(nowSeconds: number, {param, overloaded, countries, saved}: RelayStatisticsDeps) {
    this.#countries = countries
    this.#onionServices = new OnionServiceStatistics(nowSeconds, {random: secureFraction, formatTime})
    this.#saved = saved?.('hidserv-v3-stats')
    if (this.#saved !== undefined) this.#onionServices.restore(this.#saved.lines)
    this.#padding = new PaddingStatistics(nowSeconds, formatTime)
    this.#overload = new OverloadStatistics({param, overloaded, formatTime})
    const country = (address: Uint8Array) => countries.country(address)
    const nowMs = () => performance.now()
    this.consensusRequests = new ConsensusRequestStatistics({
      country,
      formatTime,
      nowMs,
      random: secureFraction
    })
    this.#consensusRequestDays = new DailyStatistics(this.consensusRequests, saved?.('dirreq-stats'))
    this.entry = new EntryStatistics({country, formatTime})
    this.#entryDays = new DailyStatistics(this.entry, saved?.('entry-stats'))
    const links = new ConnectionDirectionStatistics({totals: () => this.#linkTotals(), formatTime})
    this.#cellDays = new DailyStatistics(this.cells, saved?.('buffer-stats'))
    this.#linkDays = new DailyStatistics(links, saved?.('conn-stats'))
  }

  /** What goes into the extra-info is known. */
  get isReady(): boolean {
    return this.#countries.isRead
  }

  /** Clients that are remembered for one of the counts by country, the most that there are. */
  get clients(): number {
    return Math.max(this.consensusRequests.clients, this.entry.clients)
  }

  /** Measures on this plane from now on, as far as the settings want it. */
  attach(plane: MeasuringPlane): void {
    this.#plane = plane
    this.#linkTotals = () => plane.counters
  }

  descriptorStored(blindedKey: Uint8Array): void {
    this.#onionServices.descriptorStored(blindedKey, Math.floor(Date.now() / 1000))
  }

  second(nowSeconds: number, totals: StatisticsTotals, config: RelayConfig): void {
    const before = this.#onionServices.lines()
    this.#onionServices.second(nowSeconds, totals.splicedCells)
    if (this.#onionServices.lines() !== before) this.#saved?.save(this.#onionServices.lines())
    this.#padding.second(nowSeconds, totals)
    this.#overload.second(nowSeconds, totals)
    this.#switch(nowSeconds, config)
    this.#consensusRequestDays.second(nowSeconds)
    this.#entryDays.second(nowSeconds)
    this.cells.second(nowSeconds)
    this.#cellDays.second(nowSeconds)
    this.#linkDays.second(nowSeconds)
  }

  /** In the order of C tor. */
  lines(nowSeconds: number, config: RelayConfig): string[] {
    const {hiddenServiceStatistics, paddingStatistics, overloadStatistics} = config
    const {bandwidthRate, bandwidthBurst} = config
    this.#switch(nowSeconds, config)
    return [
      ...this.#countries.digestLines(),
      ...this.#consensusRequestDays.lines(),
      ...(hiddenServiceStatistics ? this.#onionServices.lines() : []),
      ...this.#entryDays.lines(),
      ...this.#cellDays.lines(),
      ...this.#linkDays.lines(),
      ...(paddingStatistics ? this.#padding.lines() : []),
      ...(overloadStatistics ? this.#overload.lines(nowSeconds, bandwidthRate, bandwidthBurst) : [])
    ]
  }

  /** The files of countries come a moment after the start, or with a reload: what needs them begins then. */
  #switch(nowSeconds: number, config: RelayConfig): void {
    const {extraInfoStatistics, directoryRequestStatistics, entryStatistics} = config
    const {connectionDirectionStatistics, cellStatistics} = config
    const [ipv4, ipv6] = [this.#countries.has('ipv4'), this.#countries.has('ipv6')]
    const to = (isOn: boolean) => (extraInfoStatistics && isOn ? 'on' : 'off')
    this.#consensusRequestDays.switch(to(directoryRequestStatistics && ipv4), nowSeconds)
    this.consensusRequests.isOn = this.#consensusRequestDays.isOn
    this.#entryDays.switch(to(entryStatistics && (ipv4 || ipv6)), nowSeconds)
    this.entry.isOn = this.#entryDays.isOn
    this.#linkDays.switch(to(connectionDirectionStatistics), nowSeconds)
    this.#cellDays.switch(to(cellStatistics), nowSeconds)
    this.#measure({linkDirections: this.#linkDays.isOn, cellWaits: this.#cellDays.isOn})
  }

  #measure(measures: DataPlaneMeasures): void {
    const {linkDirections, cellWaits} = this.#measures
    if (linkDirections === measures.linkDirections && cellWaits === measures.cellWaits) return
    this.#measures = measures
    this.#plane?.setMeasures(measures)
  }
}
