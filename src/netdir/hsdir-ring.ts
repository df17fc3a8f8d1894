// The hash ring of HSDirs (rend-spec-v3 2.2.3): which relays hold a service's descriptor. Relays stand where the shared
// random value of the time puts them, a descriptor belongs to the first relays behind each of its replicas.
//
// There are two periods of time to look at, told by the consensus's own time and never by a clock:
//
//   shared random N ── (a) ──▶ time period N begins ── (b) ──▶ shared random N+1
//   (a) fetched from, and stored first: this period, previous value.   Stored second: next period, current value.
//   (b) fetched from, and stored second: this period, current value.   Stored first: previous period, previous value.

import {disasterSharedRandom, hsdirIndex, hsIndex} from '../crypto/hs/hash-ring.ts'
import {
  nextTimePeriod,
  previousTimePeriod,
  type TimePeriod,
  type TimePeriodRules,
  testingTimePeriodRules,
  timePeriodAt,
  timePeriodStart
} from '../crypto/hs/time-period.ts'
import type {NetDir} from './net-dir.ts'
import {hasFlag, type Relay} from './relay.ts'

const DEFAULT_PERIOD_MINUTES = 1440
const MIN_PERIOD_MINUTES = 5
const MAX_PERIOD_MINUTES = 14_400
const HSDIR_VERSION = 2
/** The protocol of shared random values has two phases of so many rounds of voting. */
const ROUNDS_PER_PHASE = 12
const ROUNDS_PER_RUN = 24

export type RingSpread = 'fetch' | 'store'

interface Place {
  readonly index: Buffer
  readonly relay: Relay
}

/** The ring of one time period. Immutable, as the NetDir it is made from. */
export class HsdirRing {
  readonly period: TimePeriod
  readonly #netDir: NetDir
  readonly #places: readonly Place[]

  constructor(netDir: NetDir, period: TimePeriod, sharedRandom: Uint8Array | undefined) {
    this.period = period
    this.#netDir = netDir
    const value = sharedRandom ?? disasterSharedRandom(period)
    this.#places = netDir.relays
      .flatMap(relay => {
        const {ed25519} = relay
        if (ed25519 === undefined || !isHsdir(relay)) return []
        return [{index: Buffer.from(hsdirIndex(ed25519, value, period)), relay}]
      })
      .sort((a, b) => a.index.compare(b.index))
  }

  get size(): number {
    return this.#places.length
  }

  /** The relays where the descriptor under this blinded key is looked for, or stored: replica by replica, each relay once. */
  responsible(blindedKey: Uint8Array, spread: RingSpread): readonly Relay[] {
    const {period} = this
    const replicas = this.#netDir.param('hsdir_n_replicas', 2, 1, 16)
    const wanted = this.#netDir.param(`hsdir_spread_${spread}`, spread === 'fetch' ? 3 : 4, 1, 128)
    const chosen = new Set<Relay>()
    for (let replica = 1; replica <= replicas; replica++) {
      const start = this.#firstFrom(Buffer.from(hsIndex(blindedKey, replica, period)))
      let added = 0
      for (let i = 0; i < this.#places.length && added < wanted; i++) {
        const {relay} = this.#places[(start + i) % this.#places.length] as Place
        if (chosen.has(relay)) continue
        chosen.add(relay)
        added++
      }
    }
    return [...chosen]
  }

  /** The first place at or behind an index; the ring begins anew behind the last. */
  #firstFrom(index: Buffer): number {
    return Math.max(
      this.#places.findIndex(place => place.index.compare(index) >= 0),
      0
    )
  }
}

/** The rings that matter at the time of a consensus. */
export interface HsdirRings {
  /** Where clients look. */
  readonly fetch: HsdirRing
  /** Where a service stores its older and its newer descriptor; one of the two is `fetch`. */
  readonly storeFirst: HsdirRing
  readonly storeSecond: HsdirRing
}

export interface NetworkTime {
  /** A testing network's periods are as long as one run of the shared random protocol. */
  readonly isTesting: boolean
}

export function timePeriodRules(netDir: NetDir, {isTesting}: NetworkTime): TimePeriodRules {
  const votingIntervalSeconds = secondsOf(netDir.freshUntil) - secondsOf(netDir.validAfter)
  if (isTesting) return testingTimePeriodRules(votingIntervalSeconds)
  const lengthMinutes = netDir.param(
    'hsdir_interval',
    DEFAULT_PERIOD_MINUTES,
    MIN_PERIOD_MINUTES,
    MAX_PERIOD_MINUTES
  )
  return {lengthMinutes, offsetMinutes: Math.floor((ROUNDS_PER_PHASE * votingIntervalSeconds) / 60)}
}

/** The period of the consensus. */
export function currentTimePeriod(netDir: NetDir, time: NetworkTime): TimePeriod {
  return timePeriodAt(netDir.validAfter, timePeriodRules(netDir, time))
}

/** When the run of the shared random protocol that a consensus falls into began. */
export function sharedRandomRunStart(netDir: NetDir): Date {
  const validAfter = secondsOf(netDir.validAfter)
  const votingInterval = secondsOf(netDir.freshUntil) - validAfter
  const rounds = Math.floor(validAfter / votingInterval) % ROUNDS_PER_RUN
  return new Date((validAfter - rounds * votingInterval) * 1000)
}

/** How long a run of the shared random protocol takes. */
export function sharedRandomRunMs(netDir: NetDir): number {
  return ROUNDS_PER_RUN * (netDir.freshUntil.getTime() - netDir.validAfter.getTime())
}

/** True in part (b) of the drawing above: the current period has begun, its successor's random value is not there yet. */
export function isBetweenPeriodAndSharedRandom(netDir: NetDir, time: NetworkTime): boolean {
  const rules = timePeriodRules(netDir, time)
  const periodAtStart = timePeriodAt(sharedRandomRunStart(netDir), rules)
  return netDir.validAfter >= timePeriodStart(nextTimePeriod(periodAtStart), rules)
}

export function hsdirRings(netDir: NetDir, time: NetworkTime): HsdirRings {
  const period = currentTimePeriod(netDir, time)
  const {previous, current} = netDir.sharedRandom
  if (isBetweenPeriodAndSharedRandom(netDir, time)) {
    const ring = new HsdirRing(netDir, period, current?.value)
    const before = new HsdirRing(netDir, previousTimePeriod(period), previous?.value)
    return {fetch: ring, storeFirst: before, storeSecond: ring}
  }
  const ring = new HsdirRing(netDir, period, previous?.value)
  const after = new HsdirRing(netDir, nextTimePeriod(period), current?.value)
  return {fetch: ring, storeFirst: ring, storeSecond: after}
}

function isHsdir(relay: Relay): boolean {
  return hasFlag(relay, 'HSDir') && relay.status.protocols.supports('HSDir', HSDIR_VERSION)
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
