// How several opinions become one (dir-spec 3.8): medians and counts. Where there is a tie the rule is fixed, so that all
// authorities break it alike.

/** Of an even number of values the lower of the two in the middle. Empty lists have no median. */
export function lowMedian(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
}

/** The value that stands most often in a list where equal values are neighbours; of several, the last. */
export function mostFrequent<T>(sorted: readonly T[], isSame: (a: T, b: T) => boolean): T | undefined {
  let best: T | undefined
  let bestCount = 0
  for (let i = 0; i < sorted.length; ) {
    const first = sorted[i] as T
    let end = i + 1
    while (end < sorted.length && isSame(first, sorted[end] as T)) end++
    if (end - i >= bestCount) {
      best = first
      bestCount = end - i
    }
    i = end
  }
  return best
}

export function mostFrequentText(texts: readonly string[]): string | undefined {
  return mostFrequent(texts.toSorted(compareTexts), (a, b) => a === b)
}

/** Values that stand more than `min` times, in the order of `sorted`, where equal values are neighbours. */
export function frequent(sorted: readonly string[], min: number): readonly string[] {
  const counts = new Map<string, number>()
  for (const text of sorted) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].flatMap(([text, count]) => (count > min ? [text] : []))
}

/** By octets, since texts of documents have one character an octet. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
