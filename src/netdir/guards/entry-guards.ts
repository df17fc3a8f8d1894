// Entry guards (proposal 271): the few relays that our circuits may begin at, kept for months and over restarts, so that
// an attacker has to be one of few from the beginning instead of just waiting for a turn.
//
//   relays with the flag Guard ─(by weight)─▶ sample, at most 60 ─(first success)─▶ confirmed, in order
//   primary: the first three of confirmed, filled up from the sample ─▶ the first that can be reached is used
//
// A guard that cannot be reached is tried again after a while that grows, primary ones sooner. When none is left they all
// are tried again, because then it is more likely our own network that was down.

import {fromBase16} from '../../bytes/base16.ts'
import {chooseWeighted, type RandomFraction} from '../choose.ts'
import type {GuardChoice, GuardSource} from '../guard-source.ts'
import type {NetDir} from '../net-dir.ts'
import {isUsable} from '../path-selection.ts'
import {hasFlag, type Relay} from '../relay.ts'
import {type Guard, parseGuard, printGuards} from './guard.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** What is written as the time of an event lies up to this part of a lifetime before it. */
const BLUR_PART = 10

/** How long after the last try an unreachable guard is tried again, by how long it has been failing. */
const RETRY_MS = {
  primary: [
    {failingMs: 6 * HOUR_MS, afterMs: 10 * MINUTE_MS},
    {failingMs: 4 * DAY_MS, afterMs: 90 * MINUTE_MS},
    {failingMs: 7 * DAY_MS, afterMs: 4 * HOUR_MS},
    {failingMs: Infinity, afterMs: 9 * HOUR_MS}
  ],
  other: [
    {failingMs: 6 * HOUR_MS, afterMs: HOUR_MS},
    {failingMs: 4 * DAY_MS, afterMs: 4 * HOUR_MS},
    {failingMs: 7 * DAY_MS, afterMs: 18 * HOUR_MS},
    {failingMs: Infinity, afterMs: 36 * HOUR_MS}
  ]
} as const

/** Where guards are kept over restarts: the values of the `Guard` lines of a state file. */
export interface GuardStore {
  load(): readonly string[]
  save(lines: readonly string[]): void
}

export interface EntryGuardsDeps {
  readonly store: GuardStore
  readonly random: RandomFraction
  readonly now: () => Date
  /** Our own, for the record of who took a guard into the sample. */
  readonly version: string
}

interface Limits {
  readonly primary: number
  readonly primaryToUse: number
  readonly minUsable: number
  readonly maxSample: number
  readonly lifetimeMs: number
  readonly confirmedLifetimeMs: number
  readonly unlistedMs: number
}

export interface GuardStatus extends Pick<Guard, 'fingerprint' | 'nickname' | 'state'> {
  readonly isListed: boolean
}

export class EntryGuards implements GuardSource {
  readonly #deps: EntryGuardsDeps
  #sample: Guard[]
  /** Fingerprints, in the order in which guards were first used with success. */
  #confirmed: string[]

  constructor(deps: EntryGuardsDeps) {
    this.#deps = deps
    const read = deps.store.load().flatMap(line => {
      const guard = parseGuard(line)
      return guard === undefined ? [] : [{guard, place: Number(/ confirmed_idx=(\d{1,4})/.exec(line)?.[1])}]
    })
    this.#sample = read.map(({guard}) => guard)
    this.#confirmed = read
      .filter(({guard}) => guard.confirmedOn !== undefined)
      .sort((a, b) => a.place - b.place)
      .map(({guard}) => guard.fingerprint)
  }

  /** Fingerprints of the whole sample, in order. */
  get sampled(): readonly string[] {
    return this.#sample.map(({fingerprint}) => fingerprint)
  }

  get confirmed(): readonly string[] {
    return this.#confirmed
  }

  /** The sample in the order in which guards are tried. */
  get list(): readonly GuardStatus[] {
    return this.#inOrder().map(({fingerprint, nickname, state, unlistedSince}) => ({
      fingerprint,
      nickname,
      state,
      isListed: unlistedSince === undefined
    }))
  }

  /** Forgets all of them: the next circuit begins at others. */
  drop(): void {
    this.#sample = []
    this.#confirmed = []
    this.#save()
  }

  chooseGuard(netDir: NetDir, allows: (relay: Relay) => boolean): GuardChoice | undefined {
    const limits = limitsOf(netDir)
    this.#maintain(netDir, limits)
    const usable = this.#inOrder().flatMap(guard => {
      const relay = guard.unlistedSince === undefined ? this.#relayOf(netDir, guard) : undefined
      return relay === undefined || !isUsable(relay) ? [] : [{guard, relay}]
    })
    const primary = usable.slice(0, limits.primary)
    this.#retryDue(primary.map(({guard}) => guard))
    const fits = ({guard, relay}: {guard: Guard; relay: Relay}) =>
      guard.state !== 'unreachable' && allows(relay)
    const first = primary.filter(fits).slice(0, limits.primaryToUse)
    const chosen = chooseWeighted(first, () => 1, this.#deps.random) ?? usable.find(fits)
    if (chosen !== undefined) return this.#choice(chosen.guard, chosen.relay, limits)
    const blocked = usable.find(({relay}) => allows(relay))
    if (blocked === undefined) return undefined
    for (const {guard} of usable) guard.state = 'unknown'
    return this.#choice(blocked.guard, blocked.relay, limits)
  }

  #choice(guard: Guard, relay: Relay, {confirmedLifetimeMs}: Limits): GuardChoice {
    guard.triedAtMs = this.#nowMs
    return {
      relay,
      reached: () => {
        guard.state = 'reachable'
        guard.failingSinceMs = 0
        if (guard.confirmedOn !== undefined || !this.#sample.includes(guard)) return
        guard.confirmedOn = this.#blurred(confirmedLifetimeMs)
        this.#confirmed.push(guard.fingerprint)
        this.#save()
      },
      unreachable: () => {
        if (guard.failingSinceMs === 0) guard.failingSinceMs = this.#nowMs
        guard.state = 'unreachable'
        guard.triedAtMs = this.#nowMs
      }
    }
  }

  /** Confirmed ones by their order, then the others by that of the sample. */
  #inOrder(): Guard[] {
    const byFingerprint = new Map(this.#sample.map(guard => [guard.fingerprint, guard]))
    const confirmed = this.#confirmed.flatMap(fingerprint => byFingerprint.get(fingerprint) ?? [])
    return [...confirmed, ...this.#sample.filter(guard => guard.confirmedOn === undefined)]
  }

  #retryDue(primary: readonly Guard[]): void {
    const nowMs = this.#nowMs
    for (const guard of this.#sample) {
      if (guard.state !== 'unreachable') continue
      const schedule = RETRY_MS[primary.includes(guard) ? 'primary' : 'other']
      const failingMs = nowMs - guard.failingSinceMs
      const afterMs = schedule.find(step => failingMs < step.failingMs)?.afterMs ?? 0
      if (nowMs - guard.triedAtMs >= afterMs) guard.state = 'unknown'
    }
  }

  #maintain(netDir: NetDir, limits: Limits): void {
    const before = this.#lines().join('\n')
    this.#noteListed(netDir)
    this.#expire(limits)
    this.#extend(netDir, limits)
    if (this.#lines().join('\n') !== before) this.#save()
  }

  #noteListed(netDir: NetDir): void {
    const anyFlagged = hasGuards(netDir)
    for (const guard of this.#sample) {
      const relay = this.#relayOf(netDir, guard)
      const isListed = relay !== undefined && (hasFlag(relay, 'Guard') || !anyFlagged)
      if (isListed) guard.unlistedSince = undefined
      else guard.unlistedSince ??= this.#deps.now()
    }
  }

  #expire({lifetimeMs, confirmedLifetimeMs, unlistedMs}: Limits): void {
    const nowMs = this.#nowMs
    this.#sample = this.#sample.filter(({sampledOn, confirmedOn, unlistedSince}) => {
      if (unlistedSince !== undefined && nowMs - Number(unlistedSince) > unlistedMs) return false
      if (nowMs - Number(sampledOn) <= lifetimeMs) return true
      // Past its lifetime a guard stays as long as it has been in use for less than the shorter lifetime.
      return confirmedOn !== undefined && nowMs - Number(confirmedOn) <= confirmedLifetimeMs
    })
    const left = new Set(this.sampled)
    this.#confirmed = this.#confirmed.filter(fingerprint => left.has(fingerprint))
  }

  #extend(netDir: NetDir, limits: Limits): void {
    const {random, version} = this.#deps
    const anyFlagged = hasGuards(netDir)
    const known = new Set(this.sampled)
    const isGuard = (relay: Relay) => isUsable(relay) && (!anyFlagged || hasFlag(relay, 'Guard'))
    let usable = this.#sample.filter(({unlistedSince}) => unlistedSince === undefined).length
    while (usable < limits.minUsable && this.#sample.length < limits.maxSample) {
      const relay = netDir.choose('guard', random, it => isGuard(it) && !known.has(it.fingerprint))
      if (relay === undefined) break
      known.add(relay.fingerprint)
      this.#sample.push({
        fingerprint: relay.fingerprint,
        nickname: relay.status.nickname,
        sampledOn: this.#blurred(limits.lifetimeMs),
        sampledBy: version,
        confirmedOn: undefined,
        unlistedSince: undefined,
        state: 'unknown',
        failingSinceMs: 0,
        triedAtMs: 0
      })
      usable++
    }
  }

  #relayOf(netDir: NetDir, {fingerprint}: Guard): Relay | undefined {
    const identity = fromBase16(fingerprint)
    return identity && netDir.relayByIdentity(identity)
  }

  #blurred(lifetimeMs: number): Date {
    return new Date(this.#nowMs - this.#deps.random() * (lifetimeMs / BLUR_PART))
  }

  #lines(): string[] {
    const confirmed = this.#inOrder().filter(({confirmedOn}) => confirmedOn !== undefined)
    return printGuards(this.#sample, confirmed)
  }

  #save(): void {
    this.#deps.store.save(this.#lines())
  }

  get #nowMs(): number {
    return Number(this.#deps.now())
  }
}

/** In a network so young that no relay has the flag, every relay may be a guard. */
function hasGuards(netDir: NetDir): boolean {
  return netDir.relays.some(relay => hasFlag(relay, 'Guard') && isUsable(relay))
}

function limitsOf(netDir: NetDir): Limits {
  const candidates = netDir.relays.filter(relay => hasFlag(relay, 'Guard')).length
  const percent = netDir.param('guard-max-sample-threshold-percent', 20, 1, 100)
  const minUsable = netDir.param('guard-min-filtered-sample-size', 20, 1, 0x7fffffff)
  const maxSize = netDir.param('guard-max-sample-size', 60, 1, 0x7fffffff)
  return {
    primary: netDir.param('guard-n-primary-guards', 3, 1, 0x7fffffff),
    primaryToUse: netDir.param('guard-n-primary-guards-to-use', 1, 1, 0x7fffffff),
    minUsable,
    // In small networks a part of all guards would be too few to go on with when some are away.
    maxSample: Math.max(minUsable, Math.min(maxSize, Math.floor((candidates * percent) / 100))),
    lifetimeMs: netDir.param('guard-lifetime-days', 120, 1, 3650) * DAY_MS,
    confirmedLifetimeMs: netDir.param('guard-confirmed-min-lifetime-days', 60, 1, 3650) * DAY_MS,
    unlistedMs: netDir.param('guard-remove-unlisted-guards-after-days', 20, 1, 3650) * DAY_MS
  }
}
