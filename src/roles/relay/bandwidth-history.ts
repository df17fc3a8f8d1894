// How much a relay has carried (dir-spec 2.1.1, 2.1.2): the best ten seconds for the descriptor's observed bandwidth, and
// octets per day for the extra-info. Fed once a second with the totals of the data plane.

const WINDOW_SECONDS = 10
const DAYS_OBSERVED = 5
const DAY_SECONDS = 24 * 3600
/** dir-spec: what the histories are told in. */
const INTERVALS_KEPT = 5

class Direction {
  readonly #window = new Array<number>(WINDOW_SECONDS).fill(0)
  readonly #bestByDay: number[] = [0]
  readonly #intervals: number[] = []
  #sum = 0
  #at = 0
  #interval = 0
  #previousTotal: number | undefined

  /** `total`: octets since the start. */
  second(total: number): void {
    const octets = Math.max(0, total - (this.#previousTotal ?? total))
    this.#previousTotal = total
    this.#interval += octets
    this.#sum += octets - (this.#window[this.#at] ?? 0)
    this.#window[this.#at] = octets
    this.#at = (this.#at + 1) % WINDOW_SECONDS
    this.#bestByDay[0] = Math.max(this.#bestByDay[0] ?? 0, Math.floor(this.#sum / WINDOW_SECONDS))
  }

  endInterval(): void {
    this.#intervals.push(this.#interval)
    if (this.#intervals.length > INTERVALS_KEPT) this.#intervals.shift()
    this.#interval = 0
    this.#bestByDay.unshift(0)
    if (this.#bestByDay.length > DAYS_OBSERVED) this.#bestByDay.pop()
  }

  get best(): number {
    return Math.max(...this.#bestByDay)
  }

  get intervals(): readonly number[] {
    return this.#intervals
  }
}

export class BandwidthHistory {
  readonly #read = new Direction()
  readonly #written = new Direction()
  #intervalEnd: number

  constructor(nowSeconds: number) {
    this.#intervalEnd = nowSeconds + DAY_SECONDS
  }

  /** Called once a second with octets read and written since the start. */
  second(nowSeconds: number, read: number, written: number): void {
    this.#read.second(read)
    this.#written.second(written)
    if (nowSeconds < this.#intervalEnd) return
    this.#read.endInterval()
    this.#written.endInterval()
    this.#intervalEnd = nowSeconds + DAY_SECONDS
  }

  /** Octets a second that the relay has shown it can carry: what goes in has to come out, so the lesser direction. */
  get observed(): number {
    return Math.min(this.#read.best, this.#written.best)
  }

  /** `write-history` and `read-history`, where a day is complete. */
  historyLines(formatTime: (time: Date) => string): string[] {
    if (this.#read.intervals.length === 0) return []
    const end = formatTime(new Date((this.#intervalEnd - DAY_SECONDS) * 1000))
    const line = (name: string, intervals: readonly number[]) =>
      `${name} ${end} (${DAY_SECONDS} s) ${intervals.join(',')}`
    return [line('write-history', this.#written.intervals), line('read-history', this.#read.intervals)]
  }
}
