// How fast the consensuses of a day were downloaded: how many were, how many not, and the speeds in deciles and quartiles
// (`dirreq-v3-direct-dl` and `dirreq-v3-tunneled-dl` of dir-spec 2.1.2).
//
//   begun(size) ─▶ finished()      complete, and its speed is kept
//             └─▶ nothing          running, and a timeout after ten minutes
//
// What is kept is bounded: of more downloads than that, a random choice.

import {roundUp} from './client-countries.ts'

/** Speeds that are kept. */
export const SPEEDS_MAX = 10_000
/** Downloads under way whose beginning is remembered; of more, the oldest counts as a timeout. */
export const UNFINISHED_MAX = 10_000
const TIMEOUT_MS = 10 * 60_000
const GRANULARITY = 4
/** Of fewer downloads no speed is told. */
const LEAST_FOR_SPEEDS = 16
const MOST_SPEED = 2 ** 32 - 1

export interface Download {
  finished(): void
}

export interface DownloadSpeedsDeps {
  readonly nowMs: () => number
  /** At least 0 and less than 1. */
  readonly random: () => number
}

interface Unfinished {
  readonly startedMs: number
  readonly octets: number
}

export class DownloadSpeeds {
  readonly #deps: DownloadSpeedsDeps
  /** Oldest first. */
  #unfinished = new Set<Unfinished>()
  #speeds: number[] = []
  #complete = 0
  #timeouts = 0

  constructor(deps: DownloadSpeedsDeps) {
    this.#deps = deps
  }

  /** Numbers and downloads that are held. */
  get size(): number {
    return this.#unfinished.size + this.#speeds.length
  }

  /** @param octets that will be sent */
  begun(octets: number): Download {
    const download = {startedMs: this.#deps.nowMs(), octets}
    const unfinished = this.#unfinished
    unfinished.add(download)
    if (unfinished.size > UNFINISHED_MAX) {
      const [oldest] = unfinished
      if (oldest !== undefined) unfinished.delete(oldest)
      this.#timeouts++
    }
    return {
      finished: () => {
        // What began on another day belongs to none.
        if (unfinished === this.#unfinished && unfinished.delete(download)) this.#finished(download)
      }
    }
  }

  clear(): void {
    this.#unfinished = new Set()
    this.#speeds = []
    this.#complete = 0
    this.#timeouts = 0
  }

  /** `complete=16,timeout=0,running=4,min=…`. */
  text(): string {
    const latest = this.#deps.nowMs() - TIMEOUT_MS
    const late = [...this.#unfinished].filter(({startedMs}) => startedMs < latest).length
    const complete = roundUp(this.#complete, GRANULARITY)
    const counts = [
      `complete=${complete}`,
      `timeout=${roundUp(this.#timeouts + late, GRANULARITY)}`,
      `running=${roundUp(this.#unfinished.size - late, GRANULARITY)}`
    ]
    return [...counts, ...(complete < LEAST_FOR_SPEEDS ? [] : this.#quantiles())].join(',')
  }

  #finished({startedMs, octets}: Unfinished): void {
    const ms = Math.max(1, Math.round(this.#deps.nowMs() - startedMs))
    const speed = Math.min(MOST_SPEED, Math.floor((1000 * octets) / ms))
    this.#complete++
    if (this.#speeds.length < SPEEDS_MAX) {
      this.#speeds.push(speed)
      return
    }
    const at = Math.floor(this.#deps.random() * this.#complete)
    if (at < SPEEDS_MAX) this.#speeds[at] = speed
  }

  #quantiles(): string[] {
    const sorted = this.#speeds.toSorted((a, b) => a - b)
    const at = (share: number, of: number) => sorted[Math.floor((share * sorted.length) / of) - 1] ?? 0
    return [
      `min=${sorted[0] ?? 0}`,
      `d1=${at(1, 10)}`,
      `d2=${at(2, 10)}`,
      `q1=${at(1, 4)}`,
      `d3=${at(3, 10)}`,
      `d4=${at(4, 10)}`,
      `md=${at(5, 10)}`,
      `d6=${at(6, 10)}`,
      `d7=${at(7, 10)}`,
      `q3=${at(3, 4)}`,
      `d8=${at(8, 10)}`,
      `d9=${at(9, 10)}`,
      `max=${sorted.at(-1) ?? 0}`
    ]
  }
}
