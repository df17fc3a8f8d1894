// `hidserv-v3-stats` of the extra-info (dir-spec 2.1.2): cells that this relay carried between joined circuits, and onion
// services whose descriptors it was left, per day, obscured.
//
// A day goes from noon to noon, UTC: blinded keys change around midnight, over a few hours, so that days that began then would
// count many services twice.

import {KeyedIndex} from '../../../crypto/keyed-index.ts'
import {type Obscuring, obscured} from './laplace.ts'

export const RELAYED_CELLS: Obscuring = {deltaF: 2048, epsilon: 0.3, binSize: 1024}
export const SERVICES_SEEN: Obscuring = {deltaF: 8, epsilon: 0.3, binSize: 8}

const DAY_SECONDS = 86_400
const NOON_SECONDS = 43_200
/** Services remembered in a day: more than the network has, and a bound on what a flood can make us keep. */
const SEEN_MAX = 1_000_000

export interface OnionServiceStatisticsDeps {
  /** At least 0 and less than 1, from a secure source. */
  readonly random: () => number
  readonly formatTime: (time: Date) => string
}

export class OnionServiceStatistics {
  readonly #deps: OnionServiceStatisticsDeps
  /** Keyed anew each day: what is remembered cannot be matched with a blinded key later. */
  #index = new KeyedIndex()
  readonly #seen = new Set<string>()
  #begunSeconds: number
  #cellsBefore: number | undefined
  #lines: readonly string[] = []

  constructor(nowSeconds: number, deps: OnionServiceStatisticsDeps) {
    this.#deps = deps
    this.#begunSeconds = nextNoon(nowSeconds)
  }

  /** Tells what an earlier run found out, until a day of this one is over. */
  restore(lines: readonly string[]): void {
    this.#lines = lines
  }

  /** An HSDir took a descriptor of this blinded key. */
  descriptorStored(blindedKey: Uint8Array, nowSeconds: number): void {
    if (nowSeconds < this.#begunSeconds || this.#seen.size >= SEEN_MAX) return
    this.#seen.add(this.#index.key(blindedKey))
  }

  /** @param relayedCells between joined circuits, since the start */
  second(nowSeconds: number, relayedCells: number): void {
    if (nowSeconds < this.#begunSeconds) return
    this.#cellsBefore ??= relayedCells
    if (nowSeconds < this.#begunSeconds + DAY_SECONDS) return
    this.#lines = this.#print(nowSeconds, relayedCells - this.#cellsBefore)
    this.#seen.clear()
    this.#index = new KeyedIndex()
    this.#begunSeconds = nowSeconds
    this.#cellsBefore = relayedCells
  }

  /** Of the last whole day; none before the first is over. */
  lines(): readonly string[] {
    return this.#lines
  }

  #print(nowSeconds: number, cells: number): string[] {
    const {random, formatTime} = this.#deps
    const line = (name: string, value: number, how: Obscuring) =>
      `${name} ${obscured(value, how, random())} delta_f=${how.deltaF} epsilon=${how.epsilon.toFixed(2)} bin_size=${how.binSize}`
    const end = formatTime(new Date(nowSeconds * 1000))
    return [
      `hidserv-v3-stats-end ${end} (${nowSeconds - this.#begunSeconds} s)`,
      line('hidserv-rend-v3-relayed-cells', cells, RELAYED_CELLS),
      line('hidserv-dir-v3-onions-seen', this.#seen.size, SERVICES_SEEN)
    ]
  }
}

function nextNoon(nowSeconds: number): number {
  return Math.ceil((nowSeconds - NOON_SECONDS) / DAY_SECONDS) * DAY_SECONDS + NOON_SECONDS
}
