// The options of directory authorities, as data (see options.ts). Defaults are C tor's.

import type {OptionType} from './option-value.ts'
import type {OptionSpec} from './options.ts'

function done<T extends OptionType, D extends string | undefined = undefined>(
  type: T,
  initial?: D,
  testing?: string
): OptionSpec<T, D> {
  return {type, status: 'done', feature: 'directory authority', initial: initial as D, testing}
}

export const authorityOptions = {
  AuthoritativeDirectory: done('boolean', '0'),
  V3AuthoritativeDirectory: done('boolean', '0'),
  V3AuthVotingInterval: done('interval', '1 hour', '5 minutes'),
  V3AuthVoteDelay: done('interval', '5 minutes', '20 seconds'),
  V3AuthDistDelay: done('interval', '5 minutes', '20 seconds'),
  V3AuthNIntervalsValid: done('count', '3'),
  V3BandwidthsFile: done('filename'),
  ConsensusParams: done('lines'),
  DirAllowPrivateAddresses: done('boolean', '0', '1'),
  MinimalAcceptedServerVersion: done('string', '0.4.8.0-alpha-dev'),
  MinUptimeHidServDirectoryV2: done('interval', '96 hours', '0 minutes'),
  MinMeasuredBWsForAuthToIgnoreAdvertised: done('int', '500'),

  AuthDirFastGuarantee: done('bytes', '100 KB'),
  AuthDirGuardBWGuarantee: done('bytes', '2 MB'),
  AuthDirMaxServersPerAddr: done('count', '2', '0'),
  AuthDirPinKeys: done('boolean', '1'),
  AuthDirSharedRandomness: done('boolean', '1'),
  AuthDirTestReachability: done('boolean', '1'),
  AuthDirVoteGuardBwThresholdFraction: done('double', '0.75'),
  AuthDirVoteGuardGuaranteeTimeKnown: done('interval', '8 days'),
  AuthDirVoteGuardGuaranteeWFU: done('double', '0.98'),
  AuthDirVoteStableGuaranteeMinUptime: done('interval', '30 days'),
  AuthDirVoteStableGuaranteeMTBF: done('interval', '5 days'),

  TestingAuthDirTimeToLearnReachability: done('interval', '30 minutes', '0 minutes'),
  TestingDirAuthVoteExit: done('relay-set', ''),
  TestingDirAuthVoteExitIsStrict: done('boolean', '0'),
  TestingDirAuthVoteGuard: done('relay-set', ''),
  TestingDirAuthVoteGuardIsStrict: done('boolean', '0'),
  TestingDirAuthVoteHSDir: done('relay-set', ''),
  TestingDirAuthVoteHSDirIsStrict: done('boolean', '0'),
  TestingMinExitFlagThreshold: done('bytes', '0'),
  TestingMinFastFlagThreshold: done('bytes', '0'),
  TestingV3AuthInitialVotingInterval: done('interval', '30 minutes', '150 seconds'),
  TestingV3AuthInitialVoteDelay: done('interval', '5 minutes', '20 seconds'),
  TestingV3AuthInitialDistDelay: done('interval', '5 minutes', '20 seconds'),
  TestingV3AuthVotingStartOffset: done('interval', '0')
} as const
