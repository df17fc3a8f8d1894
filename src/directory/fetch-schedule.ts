// When to fetch the next consensus (dir-spec 5.1): caches soon after it should be there, each at a moment of its own, so
// that others find it with them.

/** The times of a consensus. */
export interface ConsensusTimes {
  readonly validAfter: Date
  readonly freshUntil: Date
  readonly validUntil: Date
}

export interface FetchScheduleOptions {
  /** Directory caches fetch first. */
  readonly isCache: boolean
  readonly nowMs: number
  /** 0 up to but not including 1. */
  readonly random: () => number
}

/** After fresh-until, for signatures to reach every authority. */
const MIN_AFTER_FRESH_MS = 60_000

/** Milliseconds since 1970. */
export function nextConsensusFetch(times: ConsensusTimes, options: FetchScheduleOptions): number {
  const intervalMs = Number(times.freshUntil) - Number(times.validAfter)
  // In a network that votes every few seconds a minute would be several consensuses late.
  const settleMs = Math.min(MIN_AFTER_FRESH_MS, intervalMs / 16)
  const firstMs = Number(times.freshUntil) + settleMs
  // Caches within the first half of the next interval, others in the 7/8 after that, before the consensus runs out.
  const cacheWindowMs = intervalMs / 2
  const lastMs = Math.max(firstMs, Number(times.validUntil) - settleMs)
  const [fromMs, windowMs] = options.isCache
    ? [firstMs, Math.min(cacheWindowMs, lastMs - firstMs)]
    : [firstMs + cacheWindowMs, Math.max(0, ((lastMs - firstMs - cacheWindowMs) * 7) / 8)]
  return Math.max(options.nowMs, fromMs + windowMs * options.random())
}
