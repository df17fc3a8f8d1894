// What an election is set to, what it needs of the authority around it, and what it tells.

import type {RsaPrivateKey} from '../../../crypto/rsa.ts'
import type {AuthorityCert} from '../../../netdoc/authority-cert.ts'
import type {Consensus, ConsensusFlavour} from '../../../netdoc/consensus/consensus.ts'
import type {VoteContent} from '../../../netdoc/vote/vote.ts'
import type {SharedRandomState} from '../shared-random/state.ts'
import type {RelayOpinion} from '../view/relay-view.ts'
import type {SignaturesOutcome} from './pending-consensus.ts'
import type {VotingTiming} from './schedule.ts'
import type {VoteOutcome} from './vote-box.ts'

/** How often and how slowly to vote, in seconds. */
export interface ElectionTiming extends VotingTiming {
  /** Before there is a consensus. */
  readonly initial: VotingTiming
  readonly offsetSeconds: number
  readonly intervalsValid: number
}

/** What a vote says besides relays and times. */
export type VotePlatform = Pick<
  VoteContent,
  'clientVersions' | 'serverVersions' | 'protocols' | 'params' | 'voter'
>

export interface ElectionOptions {
  readonly timing: ElectionTiming
  /** The v3 identities of all authorities, ours among them. */
  readonly authorities: readonly Uint8Array[]
  readonly platform: VotePlatform
  /** Until then we have seen too little to say who is running. Seconds since 1970. */
  readonly knowsReachabilityAt: number
}

/** Our keys at the moment of a vote. */
export interface ElectionKeys {
  readonly signingKey: RsaPrivateKey
  readonly cert: AuthorityCert
}

/** The other authorities. Nothing here is waited for longer than the round lasts. */
export interface ElectionPeers {
  post(path: string, body: Uint8Array): void
  /** Answers of all that could be asked. */
  fetch(path: string, bodyMax: number): Promise<readonly Uint8Array[]>
}

/** What the newest consensus says of voting and of shared random values. */
export type LiveConsensus = Pick<Consensus, 'validAfter' | 'freshUntil' | 'votingDelay' | 'sharedRandom'>

export interface ElectionDeps {
  readonly keys: () => ElectionKeys
  readonly opinion: (now: Date) => RelayOpinion
  /** Undefined where we take no part in shared random numbers. */
  readonly sharedRandom: SharedRandomState | undefined
  readonly peers: ElectionPeers
  /** Undefined when none is in force. */
  readonly liveConsensus: (now: Date) => LiveConsensus | undefined
  /** A consensus that more than half of the authorities signed. */
  readonly publish: (documents: Readonly<Record<ConsensusFlavour, Uint8Array>>) => void
  /** A certificate that came with a vote. */
  readonly gotCert: (cert: AuthorityCert) => void
  /** True while this authority had better not vote. */
  readonly isHeldBack: () => boolean
  readonly log: (event: ElectionEvent) => void
  readonly nowMs: () => number
}

export type ElectionEvent =
  | {readonly kind: 'voted'; readonly relays: number}
  | {readonly kind: 'vote-received'; readonly outcome: VoteOutcome; readonly nickname: string | undefined}
  | {readonly kind: 'too-few-votes'; readonly votes: number; readonly needed: number}
  | {readonly kind: 'computed'; readonly method: number; readonly relays: number; readonly votes: number}
  | {readonly kind: 'signatures-received'; readonly outcome: SignaturesOutcome}
  | {readonly kind: 'too-few-signatures'; readonly signatures: number; readonly needed: number}
  | {readonly kind: 'published'; readonly signatures: number; readonly validAfter: Date}
