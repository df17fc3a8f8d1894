// Overload as a relay tells it (dir-spec 2.1.1, 2.1.2): `overload-ratelimits` and `overload-fd-exhausted` in the extra-info, and
// the two causes of `overload-general` that no other part of the relay notices by itself: onion skins that are dropped, and
// local TCP ports that run out. Times are told by the hour.

const VERSION = 1
const HOUR_SECONDS = 3600
const MINUTE_SECONDS = 60
const RATE_LIMITS_SHOWN_SECONDS = 24 * HOUR_SECONDS
const DESCRIPTORS_SHOWN_SECONDS = 72 * HOUR_SECONDS
/** Fewer onion skins than this in a period say nothing. */
const LEAST_ONION_SKINS = 1000

const PERIOD = {name: 'overload_onionskin_ntor_period_secs', otherwise: 6 * HOUR_SECONDS, most: 2 ** 31 - 1}
/** In thousandths of a percent. */
const SHARE = {name: 'overload_onionskin_ntor_scale_percent', otherwise: 1000, most: 100_000}

/** Totals since the start, and what is so now. */
export interface OverloadTotals {
  readonly readsLimited: number
  readonly writesLimited: number
  readonly portsExhausted: number
  readonly onionSkinsAnswered: number
  readonly onionSkinsDropped: number
  readonly areDescriptorsExhausted: boolean
}

export interface OverloadStatisticsDeps {
  /** A consensus parameter, or undefined where the consensus does not set it. */
  readonly param: (name: string) => number | undefined
  readonly formatTime: (time: Date) => string
  /** The relay is overloaded now: for `overload-general`. */
  readonly overloaded: () => void
}

export class OverloadStatistics {
  readonly #deps: OverloadStatisticsDeps
  #before: OverloadTotals | undefined
  #period: {readonly endsSeconds: number; readonly answered: number; readonly dropped: number} | undefined
  #limitedAtSeconds: number | undefined
  #exhaustedAtSeconds: number | undefined
  /** Minutes in which the limit was reached, as C tor counts. */
  readonly #counts = {read: 0, write: 0}
  readonly #countedSeconds = {read: -Infinity, write: -Infinity}

  constructor(deps: OverloadStatisticsDeps) {
    this.#deps = deps
  }

  second(nowSeconds: number, totals: OverloadTotals): void {
    const before = this.#before ?? totals
    this.#before = totals
    if (totals.readsLimited > before.readsLimited) this.#limited('read', nowSeconds)
    if (totals.writesLimited > before.writesLimited) this.#limited('write', nowSeconds)
    if (totals.areDescriptorsExhausted) this.#exhaustedAtSeconds = nowSeconds
    if (totals.portsExhausted > before.portsExhausted) this.#deps.overloaded()
    this.#assessOnionSkins(nowSeconds, totals)
  }

  /** @param rate and `burst`: of the settings, in octets a second */
  lines(nowSeconds: number, rate: number, burst: number): string[] {
    const lines: string[] = []
    const limitedAt = this.#limitedAtSeconds
    if (isRecent(limitedAt, nowSeconds, RATE_LIMITS_SHOWN_SECONDS)) {
      const {read, write} = this.#counts
      lines.push(`overload-ratelimits ${VERSION} ${this.#hour(limitedAt)} ${rate} ${burst} ${read} ${write}`)
    }
    const exhaustedAt = this.#exhaustedAtSeconds
    if (isRecent(exhaustedAt, nowSeconds, DESCRIPTORS_SHOWN_SECONDS)) {
      lines.push(`overload-fd-exhausted ${VERSION} ${this.#hour(exhaustedAt)}`)
    }
    return lines
  }

  #limited(side: 'read' | 'write', nowSeconds: number): void {
    this.#limitedAtSeconds = nowSeconds
    if (nowSeconds < this.#countedSeconds[side] + MINUTE_SECONDS) return
    this.#counts[side]++
    this.#countedSeconds[side] = nowSeconds
  }

  #assessOnionSkins(nowSeconds: number, {onionSkinsAnswered, onionSkinsDropped}: OverloadTotals): void {
    if (this.#period !== undefined && nowSeconds < this.#period.endsSeconds) return
    if (this.#period !== undefined) {
      const dropped = onionSkinsDropped - this.#period.dropped
      const asked = onionSkinsAnswered - this.#period.answered + dropped
      const share = this.#param(SHARE) / 100_000
      if (asked >= LEAST_ONION_SKINS && dropped / asked >= share) this.#deps.overloaded()
    }
    this.#period = {
      endsSeconds: nowSeconds + this.#param(PERIOD),
      answered: onionSkinsAnswered,
      dropped: onionSkinsDropped
    }
  }

  #param({name, otherwise, most}: {name: string; otherwise: number; most: number}): number {
    return Math.min(most, Math.max(0, this.#deps.param(name) ?? otherwise))
  }

  #hour(seconds: number): string {
    return this.#deps.formatTime(new Date((seconds - (seconds % HOUR_SECONDS)) * 1000))
  }
}

function isRecent(
  atSeconds: number | undefined,
  nowSeconds: number,
  forSeconds: number
): atSeconds is number {
  return atSeconds !== undefined && nowSeconds - atSeconds < forSeconds
}
