// How steady relays have been, as far as this authority has seen (dir-spec 3.4.2): the share of time that each was up, how
// long it stays up on average, and since when it is known. What lies further back counts less: every half day all of it is
// multiplied by 0.95.

import {toBase16} from '../../../bytes/base16.ts'

export interface Stability {
  /** Share of the time in which the relay was up, 0 to 1. */
  readonly fractionalUptime: number
  /** Weighted seconds that the relay has been known. */
  readonly timeKnown: number
  /** Mean time between failures, in weighted seconds. */
  readonly meanUptime: number
}

const DISCOUNT_SECONDS = 12 * 3600
const DISCOUNT = 0.95
/** So long must an authority have looked on before it believes its own numbers. */
const ENOUGH_SECONDS = 4 * 3600

interface Track {
  isUp: boolean
  /** Seconds since 1970 up to which the sums count. */
  countedTo: number
  up: number
  total: number
  runs: number
  runWeight: number
  currentRun: number
}

export class RelayStability {
  readonly #tracks = new Map<string, Track>()
  readonly #startedAt: number
  #discountedAt: number

  /** @param now seconds since 1970, here and below */
  constructor(now: number) {
    this.#startedAt = now
    this.#discountedAt = now
  }

  /** True once mean times between failures mean something. */
  hasSeenEnough(now: number): boolean {
    return now - this.#startedAt > ENOUGH_SECONDS
  }

  note(identity: Uint8Array, isUp: boolean, now: number): void {
    const key = toBase16(identity)
    const track = this.#tracks.get(key)
    if (track === undefined) {
      if (!isUp) return
      this.#tracks.set(key, {isUp, countedTo: now, up: 0, total: 0, runs: 0, runWeight: 0, currentRun: 0})
      return
    }
    this.#count(track, now)
    if (track.isUp && !isUp) {
      track.runs += track.currentRun
      track.runWeight += 1
      track.currentRun = 0
    }
    track.isUp = isUp
  }

  of(identity: Uint8Array, now: number): Stability {
    const track = this.#tracks.get(toBase16(identity))
    if (track === undefined) return {fractionalUptime: 0, timeKnown: 0, meanUptime: 0}
    this.#count(track, now)
    const weight = track.runWeight + (track.isUp ? 1 : 0)
    return {
      // Known for no time at all and up: nothing speaks against it.
      fractionalUptime: track.total === 0 ? (track.isUp ? 1 : 0) : track.up / track.total,
      timeKnown: track.total,
      meanUptime: weight === 0 ? 0 : (track.runs + track.currentRun) / weight
    }
  }

  /** Forgets relays that `keeps` denies. */
  retain(keeps: (identity: string) => boolean): void {
    for (const key of this.#tracks.keys()) if (!keeps(key)) this.#tracks.delete(key)
  }

  /** Lets the past fade; to be called now and then. */
  fade(now: number): void {
    while (now - this.#discountedAt >= DISCOUNT_SECONDS) {
      this.#discountedAt += DISCOUNT_SECONDS
      for (const track of this.#tracks.values()) {
        track.up *= DISCOUNT
        track.total *= DISCOUNT
        track.runs *= DISCOUNT
        track.runWeight *= DISCOUNT
      }
    }
  }

  #count(track: Track, now: number): void {
    const elapsed = Math.max(0, now - track.countedTo)
    track.countedTo = Math.max(now, track.countedTo)
    track.total += elapsed
    if (!track.isUp) return
    track.up += elapsed
    track.currentRun += elapsed
  }
}
