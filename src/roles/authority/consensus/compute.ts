// Votes to a consensus (dir-spec 3.8). All authorities that have the same votes must come to the same octets, so nothing
// here depends on anything else: not on the time, not on who computes, not on the order in which votes came.

import type {AgreedRelay, ConsensusContent} from '../../../netdoc/consensus/print.ts'
import {CONSENSUS_METHODS} from '../../../netdoc/consensus-method.ts'
import type {Vote} from '../../../netdoc/vote/vote.ts'
import {type BandwidthTotals, bandwidthWeights, DEFAULT_WEIGHT_SCALE} from './bandwidth-weights.ts'
import {collate} from './collate.ts'
import {
  agreeOnParams,
  agreeOnProtocols,
  agreeOnTimes,
  agreeOnVersions,
  chooseMethod
} from './header-agreement.ts'
import {agreeOnRelay, type RelayRules} from './relay-agreement.ts'
import {agreeOnSharedRandom} from './shared-random-agreement.ts'
import {compareTexts} from './tally.ts'

export interface ComputeOptions {
  /** How many authorities there are, voting or not. */
  readonly authorityCount: number
  /** Whether the shared random value in the votes is one that this round publishes first. */
  readonly isSharedRandomFresh: boolean
}

const DEFAULT_MAX_UNMEASURED = 20
/** Measured bandwidth is believed once more votes than this have any. */
const MEASURING_VOTES = 2
const NEWEST_METHOD = CONSENSUS_METHODS.at(-1) ?? 0

/** At least one vote; of each authority no more than one. */
export function computeConsensus(votes: readonly Vote[], options: ComputeOptions): ConsensusContent {
  const {authorityCount, isSharedRandomFresh} = options
  const sorted = votes.toSorted((a, b) => Buffer.compare(a.voter.identity, b.voter.identity))
  const chosen = chooseMethod(sorted)
  // With a method that we do not know ours will not be the one that the others sign; ours is then as good as any.
  const method = CONSENSUS_METHODS.includes(chosen) ? chosen : NEWEST_METHOD
  const params = agreeOnParams(sorted, authorityCount)
  const knownFlags = [...new Set([...sorted.flatMap(vote => vote.knownFlags), 'NoEdConsensus'])]
  knownFlags.sort(compareTexts)
  const relays = agreeOnRelays(sorted, {
    method,
    authorityCount,
    flags: knownFlags,
    knownBy: countKnown(sorted),
    maxUnmeasured: maxUnmeasured(sorted, params)
  })
  const scale = Math.max(1, params.get('bwweightscale') ?? DEFAULT_WEIGHT_SCALE)
  return {
    method,
    ...agreeOnTimes(sorted),
    clientVersions: agreeOnVersions(sorted.map(vote => vote.clientVersions)),
    serverVersions: agreeOnVersions(sorted.map(vote => vote.serverVersions)),
    knownFlags,
    protocols: agreeOnProtocols(sorted, authorityCount),
    params: [...params].map(([name, value]) => `${name}=${value}`),
    sharedRandom: agreeOnSharedRandom(sorted, {
      authorityCount,
      agreements: params.get('AuthDirNumSRVAgreements') ?? Math.floor((authorityCount * 2) / 3),
      isFresh: isSharedRandomFresh
    }),
    voters: sorted.map(({voter, digest}) => ({...voter, voteDigest: digest})),
    relays,
    bandwidthWeights: bandwidthWeights(totalsOf(relays), scale)
  }
}

function agreeOnRelays(votes: readonly Vote[], rules: RelayRules): readonly AgreedRelay[] {
  return collate(votes, rules.authorityCount).flatMap(relay => agreeOnRelay(relay, rules) ?? [])
}

function countKnown(votes: readonly Vote[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const flag of votes.flatMap(vote => vote.knownFlags)) counts.set(flag, (counts.get(flag) ?? 0) + 1)
  return counts
}

function maxUnmeasured(votes: readonly Vote[], params: ReadonlyMap<string, number>): number | undefined {
  const measuring = votes.filter(vote => vote.relays.some(({measured}) => measured !== undefined))
  if (measuring.length <= MEASURING_VOTES) return undefined
  return Math.max(1, params.get('maxunmeasuredbw') ?? DEFAULT_MAX_UNMEASURED)
}

/** Each sum begins with one, so that a network without exits or guards divides by no zero. */
function totalsOf(relays: readonly AgreedRelay[]): BandwidthTotals {
  const totals = {guard: 1n, middle: 1n, exit: 1n, both: 1n}
  for (const {flags, bandwidth} of relays) {
    const isExit = flags.includes('Exit') && !flags.includes('BadExit')
    const isGuard = flags.includes('Guard')
    const kind = isGuard ? (isExit ? 'both' : 'guard') : isExit ? 'exit' : 'middle'
    totals[kind] += BigInt(bandwidth ?? 0)
  }
  return totals
}
