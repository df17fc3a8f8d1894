// What an authority says in its vote: its opinion of the relays, and how it would have the network voted on.

import {CONSENSUS_METHODS} from '../../../netdoc/consensus-method.ts'
import type {VoteContent, VotedSharedRandom} from '../../../netdoc/vote/vote.ts'
import {KNOWN_FLAGS} from '../view/flags.ts'
import type {RelayOpinion} from '../view/relay-view.ts'
import type {ElectionOptions} from './election-deps.ts'

export interface OwnVote {
  readonly opinion: RelayOpinion
  /** When the consensus becomes valid. Seconds since 1970. */
  readonly validAfter: number
  readonly sharedRandom: VotedSharedRandom | undefined
  readonly now: Date
}

/** The intervals that a vote asks for are those of the settings, whatever those are that the votes are cast in. */
export function ownVote(
  {opinion, validAfter, sharedRandom, now}: OwnVote,
  {timing, platform, knowsReachabilityAt}: ElectionOptions
): VoteContent {
  const later = (seconds: number) => new Date((validAfter + seconds) * 1000)
  // Who has not looked yet has nothing to say about who is there.
  const knowsReachability = Number(now) >= knowsReachabilityAt * 1000
  const knownFlags = KNOWN_FLAGS.filter(flag => flag !== 'Running' || knowsReachability)
  return {
    ...platform,
    methods: CONSENSUS_METHODS,
    published: now,
    validAfter: later(0),
    freshUntil: later(timing.intervalSeconds),
    validUntil: later(timing.intervalSeconds * timing.intervalsValid),
    votingDelay: {voteSeconds: timing.voteSeconds, distSeconds: timing.distSeconds},
    knownFlags,
    sharedRandom,
    relays: opinion.relays.map(relay => ({
      ...relay,
      flags: new Set(knownFlags.filter(flag => relay.flags.has(flag)))
    }))
  }
}
