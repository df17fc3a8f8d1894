// `entry-stats` of the extra-info (dir-spec 2.1.2): from which countries clients connected to this relay in a day. It stands
// behind EntryStatistics and needs a GeoIPFile or a GeoIPv6File. Who proves a relay's identity is none of these clients.

import {ClientCountries} from './client-countries.ts'
import type {DailyCounts} from './daily-statistics.ts'

export interface EntryStatisticsDeps {
  readonly country: (address: Uint8Array) => string
  readonly formatTime: (time: Date) => string
}

export class EntryStatistics implements DailyCounts {
  readonly #clients: ClientCountries
  readonly #formatTime: (time: Date) => string
  /** Switched off, nothing is counted. */
  isOn = false

  constructor({country, formatTime}: EntryStatisticsDeps) {
    this.#clients = new ClientCountries(country)
    this.#formatTime = formatTime
  }

  /** Different clients that are remembered, as hashes. */
  get clients(): number {
    return this.#clients.size
  }

  /** @param address 4 or 16 octets */
  connected(address: Uint8Array): void {
    if (this.isOn) this.#clients.note(address)
  }

  lines(nowSeconds: number, seconds: number): string[] {
    return [
      `entry-stats-end ${this.#formatTime(new Date(nowSeconds * 1000))} (${seconds} s)`,
      `entry-ips ${this.#clients.text()}`
    ]
  }

  clear(): void {
    this.#clients.clear()
  }
}
