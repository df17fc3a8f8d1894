// What one kind of statistics counts in a day, from when it was switched on: after 24 hours the counts become lines of the
// extra-info, are kept over a restart, and begin anew. Nothing of the day before is left but those lines. Switched off, it
// forgets what it counted and tells nothing.

export const DAY_SECONDS = 86_400

export interface DailyCounts {
  /** Lines of the extra-info on what was counted in the last `seconds`, up to now. */
  lines(nowSeconds: number, seconds: number): readonly string[]
  /** Forgets everything that was counted. */
  clear(): void
}

/** Where lines are over a restart. */
export interface SavedLines {
  readonly lines: readonly string[]
  readonly save: (lines: readonly string[]) => void
}

export class DailyStatistics {
  readonly #counts: DailyCounts
  readonly #saved: SavedLines | undefined
  #begunSeconds: number | undefined
  #lines: readonly string[]

  constructor(counts: DailyCounts, saved?: SavedLines) {
    this.#counts = counts
    this.#saved = saved
    this.#lines = saved?.lines ?? []
  }

  get isOn(): boolean {
    return this.#begunSeconds !== undefined
  }

  switch(to: 'on' | 'off', nowSeconds: number): void {
    if ((to === 'on') === this.isOn) return
    this.#counts.clear()
    this.#begunSeconds = to === 'on' ? nowSeconds : undefined
  }

  second(nowSeconds: number): void {
    if (this.#begunSeconds === undefined || nowSeconds < this.#begunSeconds + DAY_SECONDS) return
    this.#lines = this.#counts.lines(nowSeconds, nowSeconds - this.#begunSeconds)
    this.#saved?.save(this.#lines)
    this.#counts.clear()
    this.#begunSeconds = nowSeconds
  }

  /** Of the last whole day, of this run or of the one before; none where it is switched off. */
  lines(): readonly string[] {
    return this.isOn ? this.#lines : []
  }
}
