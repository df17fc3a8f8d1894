// How much a relay has carried (dir-spec 2.1.1, 2.1.2): the best ten seconds for the descriptor's observed bandwidth, and
// octets per day for the extra-info. Fed once a second with the totals of the data plane. It outlives a restart: what it says
// of itself is what a new one begins with, days without the relay being days without traffic.

const WINDOW_SECONDS = 10
const DAYS_OBSERVED = 5
const DAY_SECONDS = 24 * 3600
/** dir-spec: what the histories are told in. */
const INTERVALS_KEPT = 5

/** What one direction remembers, the day under way last: octets, and the best ten seconds in octets a second. */
export interface SavedDirection {
  readonly totals: readonly number[]
  readonly best: readonly number[]
}

export interface SavedHistory {
  /** When the day under way ends, in seconds since 1970. */
  readonly endsSeconds: number
  readonly read: SavedDirection
  readonly written: SavedDirection
}

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

  get saved(): SavedDirection {
    const days = this.#intervals.length + 1
    const best = Array.from({length: days}, (_, i) => this.#bestByDay[days - 1 - i] ?? 0)
    return {totals: [...this.#intervals, this.#interval], best}
  }

  restore({totals, best}: SavedDirection): void {
    this.#intervals.splice(0, Infinity, ...totals.slice(0, -1).slice(-INTERVALS_KEPT))
    this.#interval = totals.at(-1) ?? 0
    this.#bestByDay.splice(0, Infinity, ...best.toReversed().slice(0, DAYS_OBSERVED))
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

  get saved(): SavedHistory {
    return {endsSeconds: this.#intervalEnd, read: this.#read.saved, written: this.#written.saved}
  }

  /** Goes on where an earlier one was; nothing changes where that is too long ago to be told, or lies in the future. */
  restore({endsSeconds, read, written}: SavedHistory, nowSeconds: number): void {
    const age = nowSeconds - endsSeconds
    if (age > INTERVALS_KEPT * DAY_SECONDS || age < -DAY_SECONDS) return
    this.#read.restore(read)
    this.#written.restore(written)
    this.#intervalEnd = endsSeconds
    while (this.#intervalEnd <= nowSeconds) this.#endInterval(this.#intervalEnd + DAY_SECONDS)
  }

  /** Called once a second with octets read and written since the start. */
  second(nowSeconds: number, read: number, written: number): void {
    this.#read.second(read)
    this.#written.second(written)
    if (nowSeconds < this.#intervalEnd) return
    this.#endInterval(nowSeconds + DAY_SECONDS)
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

  #endInterval(nextEnd: number): void {
    this.#read.endInterval()
    this.#written.endInterval()
    this.#intervalEnd = nextEnd
  }
}
