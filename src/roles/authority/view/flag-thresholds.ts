// What a relay must do better than others to be called Stable, Fast or a Guard (dir-spec 3.4.2): lines drawn through the
// relays that are up at present, moved to where the settings guarantee a flag.

import type {Stability} from './stability.ts'

/** Octets a second and seconds. */
export interface FlagSettings {
  readonly fastGuarantee: number
  readonly guardBandwidthGuarantee: number
  readonly guardBandwidthFraction: number
  readonly guardTimeKnownGuarantee: number
  readonly guardUptimeGuarantee: number
  readonly stableMinUptime: number
  readonly stableMeanUptime: number
  readonly hsDirMinUptime: number
  readonly minFastThreshold: number
  /** Slower relays do not take part in drawing the lines. */
  readonly minBandwidthConsidered: number
  /** More measured relays than this make advertised bandwidth count for nothing. */
  readonly measuredToIgnoreAdvertised: number
}

/** What is known of one relay when the lines are drawn. Bandwidth in kilobytes a second. */
export interface RankedRelay {
  readonly isActive: boolean
  readonly isExit: boolean
  readonly bandwidth: number
  readonly isMeasured: boolean
  readonly uptime: number
  readonly stability: Stability
}

export interface FlagThresholds {
  readonly stableUptime: number
  readonly stableMeanUptime: number
  readonly fastBandwidth: number
  readonly guardUptime: number
  readonly guardTimeKnown: number
  readonly guardBandwidthWithExits: number
  readonly guardBandwidthWithoutExits: number
  readonly hasSeenEnough: boolean
  readonly ignoresAdvertised: boolean
}

/** Half of what a relay must have to be one at all, in kilobytes a second. */
const HALF_LEAST_BANDWIDTH = Math.floor((75 * 1024) / 2000)

export function flagThresholds(
  relays: readonly RankedRelay[],
  settings: FlagSettings,
  hasSeenEnough: boolean
): FlagThresholds {
  const measured = relays.filter(({isMeasured}) => isMeasured).length
  const ignoresAdvertised = measured > settings.measuredToIgnoreAdvertised
  const least = Math.floor(settings.minBandwidthConsidered / 1000)
  const ranked = relays.filter(
    relay => relay.isActive && relay.bandwidth >= least && (relay.isMeasured || !ignoresAdvertised)
  )
  const bandwidths = sort(ranked.map(({bandwidth}) => bandwidth))
  const withoutExits = sort(ranked.filter(({isExit}) => !isExit).map(({bandwidth}) => bandwidth))
  const eighth = Math.floor(ranked.length / 8)
  const timesKnown = sort(ranked.map(({stability}) => Math.floor(stability.timeKnown)))
  const guardTimeKnown = Math.min(timesKnown[eighth] ?? 0, settings.guardTimeKnownGuarantee)
  const familiar = ranked.filter(({stability}) => stability.timeKnown >= guardTimeKnown)
  const uptimes = sort(familiar.map(({stability}) => stability.fractionalUptime))
  const fraction = settings.guardBandwidthFraction
  return {
    stableUptime: median(sort(ranked.map(({uptime}) => uptime))),
    stableMeanUptime: median(sort(ranked.map(({stability}) => stability.meanUptime))),
    fastBandwidth: fastBandwidth(bandwidths, settings),
    guardUptime: Math.min(median(uptimes), settings.guardUptimeGuarantee),
    guardTimeKnown,
    guardBandwidthWithExits: bandwidths[Math.floor(bandwidths.length * fraction)] ?? 0,
    guardBandwidthWithoutExits: withoutExits[Math.floor(withoutExits.length * fraction)] ?? 0,
    hasSeenEnough,
    ignoresAdvertised
  }
}

function fastBandwidth(sorted: readonly number[], settings: FlagSettings): number {
  const eighth = sorted[Math.floor(sorted.length / 8)] ?? 0
  const quarter = sorted[Math.floor(sorted.length / 4)] ?? 0
  const drawn = eighth < HALF_LEAST_BANDWIDTH ? quarter : eighth
  const least = Math.max(drawn, Math.floor(settings.minFastThreshold / 1000))
  return settings.fastGuarantee > 0 ? Math.min(least, Math.floor(settings.fastGuarantee / 1000)) : least
}

function sort(values: readonly number[]): readonly number[] {
  return values.toSorted((a, b) => a - b)
}

function median(sorted: readonly number[]): number {
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
}

/** The thresholds for those who study votes. */
export function printThresholds(thresholds: FlagThresholds): string {
  return [
    `stable-uptime=${Math.floor(thresholds.stableUptime)}`,
    `stable-mtbf=${Math.floor(thresholds.stableMeanUptime)}`,
    `fast-speed=${thresholds.fastBandwidth * 1000}`,
    `guard-wfu=${(thresholds.guardUptime * 100).toFixed(3)}%`,
    `guard-tk=${thresholds.guardTimeKnown}`,
    `guard-bw-inc-exits=${thresholds.guardBandwidthWithExits * 1000}`,
    `guard-bw-exc-exits=${thresholds.guardBandwidthWithoutExits * 1000}`,
    `enough-mtbf=${thresholds.hasSeenEnough ? 1 : 0}`,
    `ignoring-advertised-bws=${thresholds.ignoresAdvertised ? 1 : 0}`
  ].join(' ')
}
