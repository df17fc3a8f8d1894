// The flags that an authority votes for (dir-spec 3.4.2), from what it knows of a relay and where it drew the lines.

import {isGeneralExit} from '../../../netdoc/policy-summary.ts'
import type {RouterDescriptor} from '../../../netdoc/router-descriptor/router-descriptor.ts'
import type {FlagSettings, FlagThresholds, RankedRelay} from './flag-thresholds.ts'
import type {RelaySet} from './relay-set.ts'

/** Flags that a testing network gives whatever a relay does; 'strict': and to nobody else. */
export interface TestingFlags {
  readonly exit: TestingFlag
  readonly guard: TestingFlag
  readonly hsDir: TestingFlag
}

export interface TestingFlag {
  readonly relays: RelaySet
  readonly isStrict: boolean
}

/** What an authority knows of a relay besides its descriptor. */
export interface RelaySituation extends RankedRelay {
  readonly descriptor: RouterDescriptor
  readonly isAuthority: boolean
  readonly isRunning: boolean
  readonly isSybil: boolean
}

export interface FlagRules {
  readonly settings: FlagSettings
  readonly thresholds: FlagThresholds
  /** Undefined but for testing networks. */
  readonly testing: TestingFlags | undefined
  readonly now: Date
}

/** Flags that every vote of ours knows; `Running` only once the authority has had time to look. */
export const KNOWN_FLAGS: readonly string[] = [
  'Authority',
  'Exit',
  'Fast',
  'Guard',
  'HSDir',
  'Running',
  'Stable',
  'StaleDesc',
  'Sybil',
  'V2Dir',
  'Valid'
]

const STALE_MS = 18 * 3600_000

export function isExitRelay({exitRules}: RouterDescriptor, privateNetworks: 'count' | 'ignored'): boolean {
  return isGeneralExit(exitRules, privateNetworks)
}

export function flagsOf(relay: RelaySituation, rules: FlagRules): ReadonlySet<string> {
  const {descriptor} = relay
  const isStale = Number(descriptor.published) + STALE_MS < Number(rules.now)
  if (relay.isSybil) return named({Sybil: true, StaleDesc: isStale})
  const isStable = isStableRelay(relay, rules)
  const isFast = relay.bandwidth >= rules.thresholds.fastBandwidth
  const isDirectory = descriptor.isTunnelledDirServer
  const isHsDir =
    descriptor.isHiddenServiceDir &&
    isDirectory &&
    isStable &&
    isFast &&
    relay.uptime >= rules.settings.hsDirMinUptime &&
    relay.isActive
  const isGuard = isStable && isFast && isDirectory && isGuardRelay(relay, rules)
  const {testing} = rules
  return named({
    Authority: relay.isAuthority,
    Exit: decide(relay.isExit, testing?.exit, descriptor),
    Fast: isFast,
    Guard: decide(isGuard, testing?.guard, descriptor),
    HSDir: decide(isHsDir, testing?.hsDir, descriptor),
    Running: relay.isRunning,
    Stable: isStable,
    StaleDesc: isStale,
    V2Dir: isDirectory,
    Valid: true
  })
}

function isStableRelay({uptime, stability}: RelaySituation, {settings, thresholds}: FlagRules): boolean {
  if (!thresholds.hasSeenEnough) {
    return uptime >= thresholds.stableUptime || uptime >= settings.stableMinUptime
  }
  const {meanUptime} = stability
  return meanUptime >= thresholds.stableMeanUptime || meanUptime >= settings.stableMeanUptime
}

function isGuardRelay({bandwidth, stability}: RelaySituation, {settings, thresholds}: FlagRules): boolean {
  const guaranteed = settings.guardBandwidthGuarantee
  const needed = Math.min(thresholds.guardBandwidthWithExits, thresholds.guardBandwidthWithoutExits)
  const isFastEnough = (guaranteed > 0 && bandwidth >= Math.floor(guaranteed / 1000)) || bandwidth >= needed
  return (
    isFastEnough &&
    stability.fractionalUptime >= thresholds.guardUptime &&
    stability.timeKnown >= thresholds.guardTimeKnown
  )
}

function decide(earned: boolean, given: TestingFlag | undefined, descriptor: RouterDescriptor): boolean {
  if (given === undefined) return earned
  return given.relays.has(descriptor) || (earned && !given.isStrict)
}

function named(flags: Readonly<Record<string, boolean>>): ReadonlySet<string> {
  return new Set(Object.keys(flags).filter(name => flags[name] === true))
}
