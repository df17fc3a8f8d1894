// Which lines of two texts belong together. A line that stands exactly once in each text is an anchor; the longest run of
// anchors that is in order in both cuts the texts into small pieces. In a consensus nearly every relay's `r` and `m` line is
// such a line. The cost is that of sorting, whatever the texts (a minimal difference can cost the product of both lengths).

export interface Match {
  readonly base: number
  readonly target: number
}

/** Pairs of line indices, ascending in both texts. */
export function findAnchors(base: readonly string[], target: readonly string[]): readonly Match[] {
  const inBase = indexUnique(base)
  const inTarget = indexUnique(target)
  const candidates: Match[] = []
  for (const [line, at] of inTarget) {
    const other = inBase.get(line)
    if (at !== undefined && other !== undefined) candidates.push({base: other, target: at})
  }
  candidates.sort((a, b) => a.target - b.target)
  return longestAscending(candidates)
}

/** The index of each line that stands once; undefined for lines that stand more often. */
function indexUnique(lines: readonly string[]): ReadonlyMap<string, number | undefined> {
  const out = new Map<string, number | undefined>()
  for (const [i, line] of lines.entries()) out.set(line, out.has(line) ? undefined : i)
  return out
}

/** The longest subsequence that ascends in `base`, by patience sorting. */
function longestAscending(candidates: readonly Match[]): readonly Match[] {
  /** For each length, the candidate with the smallest end that a run of this length can have. */
  const ends: number[] = []
  const before: (number | undefined)[] = []
  for (const [i, {base}] of candidates.entries()) {
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((candidates[ends[middle] as number] as Match).base < base) low = middle + 1
      else high = middle
    }
    before[i] = low === 0 ? undefined : ends[low - 1]
    ends[low] = i
  }
  const run: Match[] = []
  for (let i = ends.at(-1); i !== undefined; i = before[i]) run.push(candidates[i] as Match)
  return run.reverse()
}
