// The votes of one round and of the one before (dir-spec 3.3). A vote counts if it is by an authority that we know, for the
// round that is under way, and here in time: one that only some authorities got would make them compute different
// consensuses.

import {toBase16} from '../../../bytes/base16.ts'
import {equal} from '../../../bytes/octets.ts'
import type {Vote} from '../../../netdoc/vote/vote.ts'

export type VoteOutcome =
  | 'stored'
  | 'duplicate'
  | 'unreadable'
  | 'unknown-authority'
  | 'other-round'
  | 'too-late'
  | 'older-than-known'

/** What whoever sent the vote hears. */
export const VOTE_REPLIES: Readonly<Record<VoteOutcome, {readonly status: number; readonly reason: string}>> =
  Object.freeze({
    stored: {status: 200, reason: 'Vote stored'},
    duplicate: {status: 200, reason: 'This vote is here already'},
    unreadable: {status: 400, reason: 'The vote is malformed or its signature does not hold'},
    'unknown-authority': {status: 400, reason: 'The vote is by no authority that is known here'},
    'other-round': {status: 400, reason: 'The vote is for another round'},
    'too-late': {status: 400, reason: 'The vote is too late to count'},
    'older-than-known': {status: 400, reason: 'A newer vote of this authority is here'}
  })

/** The round that votes are taken for. Seconds since 1970. */
export interface Round {
  readonly intervalStarts: number
  readonly fetchMissingVotes: number
}

export class VoteBox {
  readonly #authorities: readonly Uint8Array[]
  readonly #pending = new Map<string, Vote>()
  #previous: ReadonlyMap<string, Vote> = new Map()

  /** @param authorities the v3 identities of all, ours among them */
  constructor(authorities: readonly Uint8Array[]) {
    this.#authorities = authorities
  }

  get pending(): readonly Vote[] {
    return [...this.#pending.values()]
  }

  /** @param postedAt when somebody sent it to us, in seconds; undefined for one that we fetched or made */
  add(vote: Vote, round: Round, postedAt: number | undefined): VoteOutcome {
    const {identity} = vote.voter
    if (!this.#authorities.some(authority => equal(authority, identity))) return 'unknown-authority'
    if (Number(vote.validAfter) !== round.intervalStarts * 1000) return 'other-round'
    if (postedAt !== undefined && postedAt > round.fetchMissingVotes) return 'too-late'
    const key = toBase16(identity)
    const known = this.#pending.get(key)
    if (known !== undefined && equal(known.digest, vote.digest)) return 'duplicate'
    if (known !== undefined && known.published >= vote.published) return 'older-than-known'
    this.#pending.set(key, vote)
    return 'stored'
  }

  /** Authorities whose votes are not here. */
  missing(): readonly Uint8Array[] {
    return this.#authorities.filter(identity => !this.#pending.has(toBase16(identity)))
  }

  find(identity: Uint8Array, round: 'pending' | 'previous'): Vote | undefined {
    return (round === 'pending' ? this.#pending : this.#previous).get(toBase16(identity))
  }

  findByDigest(digest: Uint8Array): Vote | undefined {
    return [...this.#pending.values(), ...this.#previous.values()].find(vote => equal(vote.digest, digest))
  }

  /** The round is over. */
  close(): void {
    this.#previous = new Map(this.#pending)
    this.#pending.clear()
  }
}
