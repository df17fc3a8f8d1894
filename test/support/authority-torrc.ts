// How the authorities of a private network vote: as often as C tor lets them, and with the limits of Stable, Fast, Guard and
// HSDir lowered so that a relay which has just started can earn them by what it does.

export interface VotingOptions {
  /** Seconds between consensuses; C tor takes no less than 10. Time periods of onion services last 24 of these. */
  readonly votingIntervalSeconds?: number
  readonly consensusParams?: Readonly<Record<string, number>>
  /** Further lines for the authorities alone. */
  readonly authorityTorrc?: readonly string[]
}

/** Seconds from the start of the authorities to the first consensus: time for descriptors and votes to get around. */
const FIRST_CONSENSUS_AFTER_SECONDS = 11

/** The torrc lines of a voting authority that reads relays' measured bandwidth from `bandwidthFile`. */
export function authorityTorrc(bandwidthFile: string, options: VotingOptions): readonly string[] {
  const interval = options.votingIntervalSeconds ?? 10
  // Moves the grid of voting to where the first consensus is wanted, in place of waiting for the clock to get there.
  const offset = (Math.floor(Date.now() / 1000) + FIRST_CONSENSUS_AFTER_SECONDS) % interval
  const params = Object.entries(options.consensusParams ?? {}).map(([name, value]) => `${name}=${value}`)
  return [
    'AuthoritativeDirectory 1',
    'V3AuthoritativeDirectory 1',
    'ContactInfo nobody',
    'ExitRelay 0',
    `V3AuthVotingInterval ${interval} seconds`,
    `TestingV3AuthVotingStartOffset ${offset} seconds`,
    'V3AuthVoteDelay 2 seconds',
    'V3AuthDistDelay 2 seconds',
    'V3AuthNIntervalsValid 2',
    `TestingV3AuthInitialVotingInterval ${interval} seconds`,
    'TestingV3AuthInitialVoteDelay 2 seconds',
    'TestingV3AuthInitialDistDelay 2 seconds',
    'TestingAuthDirTimeToLearnReachability 0 seconds',
    'AuthDirMaxServersPerAddr 0',
    'AuthDirVoteStableGuaranteeMinUptime 0 seconds',
    'AuthDirVoteStableGuaranteeMTBF 0 seconds',
    'AuthDirVoteGuardGuaranteeTimeKnown 0 seconds',
    'AuthDirVoteGuardGuaranteeWFU 0',
    'AuthDirGuardBWGuarantee 1 KB',
    'AuthDirFastGuarantee 1 KB',
    'MinUptimeHidServDirectoryV2 0 seconds',
    `V3BandwidthsFile ${bandwidthFile}`,
    ...(params.length > 0 ? [`ConsensusParams ${params.join(' ')}`] : []),
    ...(options.authorityTorrc ?? [])
  ]
}
