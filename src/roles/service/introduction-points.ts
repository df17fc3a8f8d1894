// The introduction points of one descriptor: as many as the operator wants, chosen, kept, and replaced one by one as they
// age or fail.
//
//   maintain, once a second: old and hopeless ones out ─▶ new ones chosen ─▶ circuits launched, within a budget
//
// When there are none at all, two more than wanted are tried and the first to be established stay (proposal 155).

import {fromBase16} from '../../bytes/base16.ts'
import {randomWithin} from '../../crypto/random.ts'
import type {NetDir} from '../../netdir/net-dir.ts'
import type {PathSelection} from '../../netdir/path-selection.ts'
import {isUsable} from '../../netdir/path-selection.ts'
import type {Relay} from '../../netdir/relay.ts'
import type {HsIntroductionPoint} from '../../netdoc/hs-descriptor/hs-descriptor.ts'
import {IntroductionPoint, type IntroductionPointDeps} from './introduction-point.ts'

/** For the budget: launches for each point besides the first. */
const RETRIES = 9
/** How long a relay that failed is not chosen again, and the time that the budget of circuits is for. */
const RETRY_PERIOD_MS = 5 * 60_000
const INT32_MAX = 2 ** 31 - 1
const SECOND_MS = 1000

export interface IntroductionPointsOptions {
  readonly wanted: number
}

export interface IntroductionPointsDeps extends Omit<IntroductionPointDeps, 'changed'> {
  readonly paths: PathSelection
  /** The established points are others than before. */
  readonly changed: () => void
}

export class IntroductionPoints {
  readonly #wanted: number
  readonly #deps: IntroductionPointsDeps
  readonly #points = new Set<IntroductionPoint>()
  /** Relays that were given up, and until when. */
  readonly #failedUntilMs = new Map<string, number>()
  #periodStartMs = -Infinity
  #launchedInPeriod = 0

  constructor({wanted}: IntroductionPointsOptions, deps: IntroductionPointsDeps) {
    this.#wanted = wanted
    this.#deps = deps
  }

  /** Those that clients can be told of. */
  get described(): readonly HsIntroductionPoint[] {
    return [...this.#points].flatMap(point => point.described ?? [])
  }

  /** As many as wanted are established. */
  get isComplete(): boolean {
    return this.#establishedCount() >= this.#wanted
  }

  /** Fingerprints of all points, established or not. */
  get fingerprints(): readonly string[] {
    return [...this.#points].map(({fingerprint}) => fingerprint)
  }

  maintain(netDir: NetDir): void {
    this.#removeUseless(netDir)
    this.#choose(netDir)
    for (const point of this.#points) {
      const relay = point.isDue ? relayOf(netDir, point) : undefined
      if (relay !== undefined && isUsable(relay) && this.#mayLaunch(netDir)) void point.launch(relay)
    }
  }

  close(): void {
    for (const point of this.#points) point.close()
    this.#points.clear()
  }

  #removeUseless(netDir: NetDir): void {
    const nowMs = this.#deps.nowMs()
    for (const point of [...this.#points]) {
      // A relay whose keys a new consensus changed is still there, while they are on their way.
      const isListed = relayOf(netDir, point) !== undefined
      if (!point.isHopeless && !point.isExpired && isListed) continue
      if (point.isHopeless) this.#failedUntilMs.set(point.fingerprint, nowMs + RETRY_PERIOD_MS)
      this.#remove(point)
    }
    for (const [fingerprint, untilMs] of this.#failedUntilMs) {
      if (nowMs >= untilMs) this.#failedUntilMs.delete(fingerprint)
    }
  }

  #remove(point: IntroductionPoint): void {
    const wasEstablished = point.isEstablished
    this.#points.delete(point)
    point.close()
    if (wasEstablished) this.#deps.changed()
  }

  #choose(netDir: NetDir): void {
    const missing = this.#wanted - this.#points.size
    if (missing <= 0) return
    const extra = this.#points.size === 0 ? netDir.param('hs_intro_num_extra', 2, 0, 128) : 0
    const taken = new Set([...this.fingerprints, ...this.#failedUntilMs.keys()])
    const chosen = this.#deps.paths.introductionPoints(netDir, missing + extra, relay =>
      taken.has(relay.fingerprint)
    )
    for (const {fingerprint} of chosen) {
      const point = new IntroductionPoint(fingerprint, this.#lifetime(netDir), {
        ...this.#deps,
        changed: () => this.#changed()
      })
      this.#points.add(point)
    }
  }

  #changed(): void {
    if (this.isComplete) {
      // More were tried than are wanted: the slower ones go.
      const surplus = [...this.#points].filter(point => !point.isEstablished)
      for (const point of surplus.slice(0, this.#points.size - this.#wanted)) this.#remove(point)
    }
    this.#deps.changed()
  }

  #lifetime(netDir: NetDir) {
    const draw = (name: string, least: number, most: number) => {
      const from = netDir.param(`hs_intro_min_${name}`, least, 0, INT32_MAX)
      const to = netDir.param(`hs_intro_max_${name}`, most, 0, INT32_MAX)
      return randomWithin(from, Math.max(from, to))
    }
    const seconds = draw('lifetime', 18 * 3600, 24 * 3600)
    return {
      expiresAtMs: this.#deps.nowMs() + seconds * SECOND_MS,
      introductionsMax: draw('introduce2', 16_384, 32_768)
    }
  }

  /** Takes one circuit from the budget of the period. */
  #mayLaunch(netDir: NetDir): boolean {
    const nowMs = this.#deps.nowMs()
    if (nowMs - this.#periodStartMs > RETRY_PERIOD_MS) {
      this.#periodStartMs = nowMs
      this.#launchedInPeriod = 0
    }
    const extra = netDir.param('hs_intro_num_extra', 2, 0, 128)
    if (this.#launchedInPeriod >= this.#wanted + extra + this.#wanted * RETRIES) return false
    this.#launchedInPeriod++
    return true
  }

  #establishedCount(): number {
    return [...this.#points].filter(point => point.isEstablished).length
  }
}

function relayOf(netDir: NetDir, {fingerprint}: IntroductionPoint): Relay | undefined {
  const identity = fromBase16(fingerprint)
  return identity && netDir.relayByIdentity(identity)
}
