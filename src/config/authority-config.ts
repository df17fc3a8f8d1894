// What a directory authority is set to: how it votes, whom it takes in, what it thinks a good relay is. Authorities are for
// private networks alone; consistency.ts sees to that.

import type {OptionValuesByName} from './options.ts'
import type {ConfigLine} from './torrc-text.ts'

/** Seconds. */
export interface AuthorityTiming {
  readonly intervalSeconds: number
  readonly voteSeconds: number
  readonly distSeconds: number
}

/** Octets a second and seconds, unless the name says otherwise. */
export interface AuthorityConfig {
  readonly voting: AuthorityTiming
  /** Before there is a consensus. */
  readonly initialVoting: AuthorityTiming
  readonly votingOffsetSeconds: number
  readonly intervalsValid: number
  readonly consensusParams: ReadonlyMap<string, number>
  readonly bandwidthFile: string | undefined
  readonly timeToLearnReachability: number

  readonly allowPrivateAddresses: boolean
  readonly pinKeys: boolean
  readonly minimumVersion: string
  readonly maxServersPerAddress: number
  readonly testsReachability: boolean
  readonly sharedRandomness: boolean

  readonly fastGuarantee: number
  readonly guardBandwidthGuarantee: number
  readonly guardBandwidthFraction: number
  readonly guardTimeKnownGuarantee: number
  readonly guardUptimeGuarantee: number
  readonly stableMinUptime: number
  readonly stableMeanUptime: number
  readonly hsDirMinUptime: number
  readonly minFastThreshold: number
  readonly minBandwidthConsidered: number
  readonly measuredToIgnoreAdvertised: number
  /** Relays by name that get a flag whatever they do; undefined but in testing networks. */
  readonly testingFlags: Readonly<Record<'exit' | 'guard' | 'hsDir', TestingFlagConfig>> | undefined
}

export interface TestingFlagConfig {
  readonly relays: string
  readonly isStrict: boolean
}

/** Undefined for whoever is no authority. */
export function authorityConfig(
  values: OptionValuesByName,
  absolutePath: (path: string) => string
): AuthorityConfig | undefined {
  if (!values.AuthoritativeDirectory || !values.V3AuthoritativeDirectory) return undefined
  const seconds = (ms: number) => Math.floor(ms / 1000)
  const file = values.V3BandwidthsFile
  return {
    voting: {
      intervalSeconds: seconds(values.V3AuthVotingInterval),
      voteSeconds: seconds(values.V3AuthVoteDelay),
      distSeconds: seconds(values.V3AuthDistDelay)
    },
    initialVoting: {
      intervalSeconds: seconds(values.TestingV3AuthInitialVotingInterval),
      voteSeconds: seconds(values.TestingV3AuthInitialVoteDelay),
      distSeconds: seconds(values.TestingV3AuthInitialDistDelay)
    },
    votingOffsetSeconds: seconds(values.TestingV3AuthVotingStartOffset),
    intervalsValid: values.V3AuthNIntervalsValid,
    consensusParams: parseConsensusParams(values.ConsensusParams) ?? new Map(),
    bandwidthFile: file === undefined ? undefined : absolutePath(file),
    timeToLearnReachability: seconds(values.TestingAuthDirTimeToLearnReachability),

    allowPrivateAddresses: values.DirAllowPrivateAddresses,
    pinKeys: values.AuthDirPinKeys,
    minimumVersion: values.MinimalAcceptedServerVersion,
    maxServersPerAddress: values.AuthDirMaxServersPerAddr,
    testsReachability: values.AuthDirTestReachability,
    sharedRandomness: values.AuthDirSharedRandomness,

    fastGuarantee: values.AuthDirFastGuarantee,
    guardBandwidthGuarantee: values.AuthDirGuardBWGuarantee,
    guardBandwidthFraction: values.AuthDirVoteGuardBwThresholdFraction,
    guardTimeKnownGuarantee: seconds(values.AuthDirVoteGuardGuaranteeTimeKnown),
    guardUptimeGuarantee: values.AuthDirVoteGuardGuaranteeWFU,
    stableMinUptime: seconds(values.AuthDirVoteStableGuaranteeMinUptime),
    stableMeanUptime: seconds(values.AuthDirVoteStableGuaranteeMTBF),
    hsDirMinUptime: seconds(values.MinUptimeHidServDirectoryV2),
    minFastThreshold: values.TestingMinFastFlagThreshold,
    minBandwidthConsidered: values.TestingTorNetwork ? values.TestingMinExitFlagThreshold : 4000,
    measuredToIgnoreAdvertised: values.MinMeasuredBWsForAuthToIgnoreAdvertised,
    testingFlags: values.TestingTorNetwork
      ? {
          exit: {relays: values.TestingDirAuthVoteExit, isStrict: values.TestingDirAuthVoteExitIsStrict},
          guard: {relays: values.TestingDirAuthVoteGuard, isStrict: values.TestingDirAuthVoteGuardIsStrict},
          hsDir: {relays: values.TestingDirAuthVoteHSDir, isStrict: values.TestingDirAuthVoteHSDirIsStrict}
        }
      : undefined
  }
}

const PARAM = /^([A-Za-z0-9_-]+)=(-?\d{1,10})$/
const MAX_INT32 = 0x7fffffff

/** `name=value` words on one line or several; undefined when one of them is none, or a name stands twice. */
export function parseConsensusParams(lines: readonly ConfigLine[]): ReadonlyMap<string, number> | undefined {
  const params = new Map<string, number>()
  for (const word of lines.flatMap(({value}) => value.split(/\s+/)).filter(each => each !== '')) {
    const [, name, text] = PARAM.exec(word) ?? []
    const value = Number(text)
    if (name === undefined || Math.abs(value) > MAX_INT32 || params.has(name)) return undefined
    params.set(name, value)
  }
  return params
}
