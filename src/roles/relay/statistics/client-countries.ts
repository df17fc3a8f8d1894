// How many different clients came from each country in a day. No address is kept: a client is known by a hash of its address
// under a key that is drawn anew with each day and never leaves this object, so that what is remembered tells nobody who was
// here, and cannot be matched with another day's. The country is looked up when the client comes.

import {KeyedIndex} from '../../../crypto/keyed-index.ts'

/** Clients of one day: more than a guard has, and a bound on what a flood can make us keep. Those beyond are not counted. */
export const CLIENTS_MAX = 100_000
/** Counts are rounded up to multiples of it, so that no single client shows. */
const GRANULARITY = 8
/** Of an IPv6 address what a provider gives to one customer. */
const IPV6_PREFIX = 8

export class ClientCountries {
  readonly #country: (address: Uint8Array) => string
  readonly #max: number
  #index = new KeyedIndex()
  #seen = new Set<string>()
  #counts = new Map<string, number>()

  /** @param country two letters in lower case, or `??` */
  constructor(country: (address: Uint8Array) => string, max = CLIENTS_MAX) {
    this.#country = country
    this.#max = max
  }

  /** Different clients since the day began. */
  get size(): number {
    return this.#seen.size
  }

  /** @param address 4 or 16 octets */
  note(address: Uint8Array): void {
    if (this.#seen.size >= this.#max) return
    const key = this.#index.key(address.length === 16 ? address.subarray(0, IPV6_PREFIX) : address)
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    count(this.#counts, this.#country(address))
  }

  clear(): void {
    if (this.#seen.size === 0) return
    this.#index = new KeyedIndex()
    this.#seen = new Set()
    this.#counts = new Map()
  }

  /** `de=16,fr=8,??=8`. */
  text(): string {
    return printCountries(this.#counts)
  }
}

export function count(counts: Map<string, number>, country: string): void {
  counts.set(country, (counts.get(country) ?? 0) + 1)
}

/** Rounded up first and ordered then, so that the order tells no more than the numbers do. */
export function printCountries(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .map(([country, number]) => [country, roundUp(number, GRANULARITY)] as const)
    .sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
    .map(([country, number]) => `${country}=${number}`)
    .join(',')
}

export function roundUp(value: number, granularity: number): number {
  return Math.ceil(value / granularity) * granularity
}
