// Octets read and written in each of the last seconds, as the event BW tells them: a controller that comes later can show
// what was before.

/** Five minutes, as C tor keeps. */
const SECONDS_MAX = 300

export interface ByteTotals {
  readonly bytesRead: number
  readonly bytesWritten: number
}

export class BandwidthCache {
  readonly #seconds: (readonly [number, number])[] = []
  #before: ByteTotals

  constructor(totals: ByteTotals) {
    this.#before = {...totals}
  }

  /** To be called once a second; gives what the second was. */
  second({bytesRead, bytesWritten}: ByteTotals): readonly [number, number] {
    const second = [bytesRead - this.#before.bytesRead, bytesWritten - this.#before.bytesWritten] as const
    this.#before = {bytesRead, bytesWritten}
    this.#seconds.push(second)
    if (this.#seconds.length > SECONDS_MAX) this.#seconds.shift()
    return second
  }

  /** The oldest first. */
  list(): readonly (readonly [number, number])[] {
    return this.#seconds
  }
}
