// `padding-counts` of the extra-info (dir-spec 2.1.2): how many of the day's cells were padding, rounded up to ten thousand;
// of all channels, and of those on which padding is enabled.

const DAY_SECONDS = 86_400
const BIN_SIZE = 10_000

/** Cells since the start. */
export interface PaddingTotals {
  readonly writeDrop: number
  readonly writePad: number
  readonly writeTotal: number
  readonly readDrop: number
  readonly readPad: number
  readonly readTotal: number
  readonly enabledReadPad: number
  readonly enabledReadTotal: number
  readonly enabledWritePad: number
  readonly enabledWriteTotal: number
}

export class PaddingStatistics {
  readonly #formatTime: (time: Date) => string
  #begunSeconds: number
  #before: PaddingTotals | undefined
  #line: string | undefined

  constructor(nowSeconds: number, formatTime: (time: Date) => string) {
    this.#begunSeconds = nowSeconds
    this.#formatTime = formatTime
  }

  second(nowSeconds: number, totals: PaddingTotals): void {
    this.#before ??= totals
    if (nowSeconds < this.#begunSeconds + DAY_SECONDS) return
    this.#line = this.#print(nowSeconds, totals, this.#before)
    this.#begunSeconds = nowSeconds
    this.#before = totals
  }

  /** Of the last whole day, where there was traffic in it. */
  lines(): readonly string[] {
    return this.#line === undefined ? [] : [this.#line]
  }

  #print(nowSeconds: number, now: PaddingTotals, before: PaddingTotals): string | undefined {
    if (now.readTotal === before.readTotal || now.writeTotal === before.writeTotal) return undefined
    const count = (name: string, of: keyof PaddingTotals) => `${name}=${binned(now[of] - before[of])}`
    return [
      `padding-counts ${this.#formatTime(new Date(nowSeconds * 1000))} (${DAY_SECONDS} s)`,
      `bin-size=${BIN_SIZE}`,
      count('write-drop', 'writeDrop'),
      count('write-pad', 'writePad'),
      count('write-total', 'writeTotal'),
      count('read-drop', 'readDrop'),
      count('read-pad', 'readPad'),
      count('read-total', 'readTotal'),
      count('enabled-read-pad', 'enabledReadPad'),
      count('enabled-read-total', 'enabledReadTotal'),
      count('enabled-write-pad', 'enabledWritePad'),
      count('enabled-write-total', 'enabledWriteTotal')
    ].join(' ')
  }
}

function binned(count: number): number {
  return Math.ceil(count / BIN_SIZE) * BIN_SIZE
}
