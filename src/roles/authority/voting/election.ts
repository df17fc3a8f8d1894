// Voting, round after round (dir-spec 3.2 to 3.10).
//
//   vote: our opinion is printed, signed, kept and sent ─▶ what is missing is asked for ─▶ compute, sign, send signatures
//   ─▶ what is missing is asked for ─▶ publish, if more than half signed ─▶ shared randomness moves on ─▶ next round
//
// One timer, one step at a time, each when the clock says so and in order, so that a slow machine takes late steps one
// behind the other. Peers' votes and signatures come in between.
//
// A lone authority of a testing network has nobody to wait for: `voteEarly` runs all steps at once for the interval that
// has begun, so that a network that was just started need not wait for the clock.

import {toBase16Upper} from '../../../bytes/base16.ts'
import type {ConsensusFlavour} from '../../../netdoc/consensus/consensus.ts'
import {parseDetachedSignatures} from '../../../netdoc/detached-signatures/detached-signatures.ts'
import {parseVotes} from '../../../netdoc/vote/parse.ts'
import {printVote} from '../../../netdoc/vote/print.ts'
import {computeConsensus} from '../consensus/compute.ts'
import {printThresholds} from '../view/flag-thresholds.ts'
import type {ElectionDeps, ElectionOptions} from './election-deps.ts'
import {ownVote} from './own-vote.ts'
import {FLAVOURS, PendingConsensus, type SignaturesOutcome} from './pending-consensus.ts'
import {type VotingSchedule, votingSchedule} from './schedule.ts'
import {VoteBox, type VoteOutcome} from './vote-box.ts'

const VOTE_PATH = '/tor/post/vote'
const SIGNATURES_PATH = '/tor/post/consensus-signature'
const VOTES_MAX = 16 * 1024 * 1024
const SIGNATURES_MAX = 1024 * 1024
/** Detached signatures kept for a consensus that we have not computed yet: a few from each authority. */
const QUEUED_PER_AUTHORITY = 2

type Step = 'vote' | 'fetch-votes' | 'compute' | 'fetch-signatures' | 'publish'
const STEPS: readonly Step[] = ['vote', 'fetch-votes', 'compute', 'fetch-signatures', 'publish']

export class Election {
  readonly #options: ElectionOptions
  readonly #deps: ElectionDeps
  readonly #box: VoteBox
  #schedule: VotingSchedule
  #nextStep = 0
  #pending: PendingConsensus | undefined
  #detached: Uint8Array | undefined
  #queued: Uint8Array[] = []
  #timer: NodeJS.Timeout | undefined
  /** The interval of our newest consensus. Seconds since 1970. */
  #published = Number.NEGATIVE_INFINITY
  #stopped = false

  constructor(options: ElectionOptions, deps: ElectionDeps) {
    this.#options = options
    this.#deps = deps
    this.#box = new VoteBox(options.authorities)
    this.#schedule = this.#plan(this.#nowSeconds)
  }

  get schedule(): VotingSchedule {
    return this.#schedule
  }

  start(): void {
    this.#deps.sharedRandom?.prepareRound(this.#schedule.intervalStarts)
    this.#arm()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** All steps at once, for the interval that has begun. Nothing happens where there are other authorities. */
  voteEarly(): void {
    if (this.#stopped || this.#options.authorities.length !== 1) return
    const {intervalStarts, intervalSeconds} = this.#schedule
    const begun =
      intervalStarts * 1000 <= this.#deps.nowMs() ? intervalStarts : intervalStarts - intervalSeconds
    if (begun <= this.#published) return
    clearTimeout(this.#timer)
    this.#schedule = {...this.#schedule, intervalStarts: begun, fetchMissingVotes: begun + intervalSeconds}
    this.#nextStep = 0
    for (const step of STEPS) this.#take(step)
    this.#nextRound()
  }

  // ── what comes from others ────────────────────────────────────────────────────────────────────────────────────────────

  /** Votes that somebody posted. One of them that is refused refuses them all to whoever sent them. */
  receiveVotes(octets: Uint8Array): VoteOutcome {
    return this.#takeVotes(octets, this.#nowSeconds)
  }

  receiveSignatures(octets: Uint8Array): SignaturesOutcome {
    const outcome = this.#takeSignatures(octets)
    this.#deps.log({kind: 'signatures-received', outcome})
    return outcome
  }

  // ── what others may ask for ───────────────────────────────────────────────────────────────────────────────────────────

  vote(identity: Uint8Array, round: 'pending' | 'previous'): Uint8Array | undefined {
    return this.#box.find(identity, round)?.octets
  }

  voteByDigest(digest: Uint8Array): Uint8Array | undefined {
    return this.#box.findByDigest(digest)?.octets
  }

  pendingConsensus(flavour: ConsensusFlavour): Uint8Array | undefined {
    return this.#pending?.document(flavour)
  }

  get detachedSignatures(): Uint8Array | undefined {
    return this.#detached
  }

  // ── the round ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  get #nowSeconds(): number {
    return Math.floor(this.#deps.nowMs() / 1000)
  }

  /** The round for the first interval after `after`. */
  #plan(after: number): VotingSchedule {
    const {timing} = this.#options
    const live = this.#deps.liveConsensus(new Date(after * 1000))
    const inForce =
      live === undefined
        ? timing.initial
        : {
            intervalSeconds: (Number(live.freshUntil) - Number(live.validAfter)) / 1000,
            voteSeconds: live.votingDelay.voteSeconds,
            distSeconds: live.votingDelay.distSeconds
          }
    return votingSchedule(after, inForce, timing.offsetSeconds)
  }

  #timeOf(step: Step): number {
    const {votingStarts, fetchMissingVotes, votingEnds, fetchMissingSignatures, intervalStarts} =
      this.#schedule
    const times: Readonly<Record<Step, number>> = {
      vote: votingStarts,
      'fetch-votes': fetchMissingVotes,
      compute: votingEnds,
      'fetch-signatures': fetchMissingSignatures,
      publish: intervalStarts
    }
    return times[step]
  }

  #arm(): void {
    const step = STEPS[this.#nextStep]
    if (this.#stopped || step === undefined) return
    const waitMs = Math.max(0, this.#timeOf(step) * 1000 - this.#deps.nowMs())
    this.#timer = setTimeout(() => {
      const isLate = this.#deps.nowMs() >= this.#timeOf(step) * 1000
      // Timers may be a little early, and then the second has not begun in which the step is due.
      if (!isLate) this.#arm()
      else if (step === 'vote' && this.#deps.isHeldBack()) this.#nextRound()
      else {
        this.#nextStep++
        this.#take(step)
        if (step === 'publish') this.#nextRound()
        else this.#arm()
      }
    }, waitMs)
  }

  #nextRound(): void {
    this.#nextStep = 0
    this.#schedule = this.#plan(Math.max(this.#nowSeconds, this.#schedule.intervalStarts))
    this.#deps.sharedRandom?.prepareRound(this.#schedule.intervalStarts)
    this.#arm()
  }

  #take(step: Step): void {
    switch (step) {
      case 'vote':
        this.#vote()
        return
      case 'fetch-votes':
        void this.#fetchVotes()
        return
      case 'compute':
        this.#compute()
        return
      case 'fetch-signatures':
        void this.#fetchSignatures()
        return
      case 'publish':
        this.#publish()
    }
  }

  #vote(): void {
    const now = new Date(this.#deps.nowMs())
    const {signingKey, cert} = this.#deps.keys()
    const opinion = this.#deps.opinion(now)
    const certText = Buffer.from(cert.octets).toString('latin1')
    const flagThresholds = printThresholds(opinion.thresholds)
    const sharedRandom = this.#deps.sharedRandom?.forVote
    const content = ownVote(
      {opinion, validAfter: this.#schedule.intervalStarts, sharedRandom, now},
      this.#options
    )
    const octets = printVote(content, {signingKey, certText, flagThresholds})
    this.#takeVotes(octets, undefined)
    this.#deps.log({kind: 'voted', relays: opinion.relays.length})
    this.#deps.peers.post(VOTE_PATH, octets)
  }

  #takeVotes(octets: Uint8Array, postedAt: number | undefined): VoteOutcome {
    const parsed = parseVotes(octets)
    if (!parsed.ok || parsed.value.accepted.length === 0) return this.#sawVote('unreadable', undefined)
    let worst: VoteOutcome = parsed.value.refused.length > 0 ? 'unreadable' : 'stored'
    for (const vote of parsed.value.accepted) {
      const outcome = this.#box.add(vote, this.#schedule, postedAt)
      this.#sawVote(outcome, vote.voter.nickname)
      if (outcome === 'stored') {
        this.#deps.gotCert(vote.cert)
        this.#deps.sharedRandom?.receive(vote.voter.identity, vote.sharedRandom?.commits ?? [])
      } else if (outcome !== 'duplicate' || worst === 'stored') {
        worst = outcome
      }
    }
    return worst
  }

  #sawVote(outcome: VoteOutcome, nickname: string | undefined): VoteOutcome {
    this.#deps.log({kind: 'vote-received', outcome, nickname})
    return outcome
  }

  async #fetchVotes(): Promise<void> {
    const missing = this.#box.missing()
    if (missing.length === 0) return
    const {intervalStarts} = this.#schedule
    const path = `/tor/status-vote/next/${missing.map(toBase16Upper).join('+')}.z`
    for (const answer of await this.#deps.peers.fetch(path, VOTES_MAX)) {
      // An answer that comes after the round is over belongs to nothing any more.
      if (this.#stopped || this.#schedule.intervalStarts !== intervalStarts) return
      this.#takeVotes(answer, undefined)
    }
  }

  #compute(): void {
    const {authorities} = this.#options
    const votes = this.#box.pending
    const needed = Math.floor(authorities.length / 2) + 1
    if (votes.length < needed || !votes.some(({knownFlags}) => knownFlags.includes('Running'))) {
      this.#deps.log({kind: 'too-few-votes', votes: votes.length, needed})
      return
    }
    const content = computeConsensus(votes, {
      authorityCount: authorities.length,
      isSharedRandomFresh: this.#deps.sharedRandom?.isFresh ?? false
    })
    const {signingKey, cert} = this.#deps.keys()
    this.#pending = new PendingConsensus(content, {identity: cert.identity, signingKey})
    const own = this.#pending.detachedSignatures()
    this.#detached = own
    const {method, relays} = content
    this.#deps.log({kind: 'computed', method, relays: relays.length, votes: votes.length})
    for (const queued of this.#queued.splice(0)) this.receiveSignatures(queued)
    this.#deps.peers.post(SIGNATURES_PATH, this.#detached ?? own)
  }

  #takeSignatures(octets: Uint8Array): SignaturesOutcome {
    const parsed = parseDetachedSignatures(octets)
    if (!parsed.ok) return 'unreadable'
    if (this.#pending === undefined) {
      if (Number(parsed.value.validAfter) !== this.#schedule.intervalStarts * 1000) return 'other-round'
      if (this.#queued.length >= this.#options.authorities.length * QUEUED_PER_AUTHORITY) return 'nothing-new'
      this.#queued.push(octets)
      return 'queued'
    }
    const certs = this.#box.pending.map(({cert}) => cert)
    const outcome = this.#pending.add(parsed.value, certs)
    if (outcome === 'added') this.#detached = this.#pending.detachedSignatures()
    return outcome
  }

  async #fetchSignatures(): Promise<void> {
    const pending = this.#pending
    const count = this.#options.authorities.length
    if (pending === undefined || FLAVOURS.every(flavour => pending.signatureCount(flavour) >= count)) return
    const path = '/tor/status-vote/next/consensus-signatures.z'
    for (const answer of await this.#deps.peers.fetch(path, SIGNATURES_MAX)) {
      if (this.#stopped || this.#pending !== pending) return
      this.receiveSignatures(answer)
    }
  }

  #publish(): void {
    const pending = this.#pending
    const needed = Math.floor(this.#options.authorities.length / 2) + 1
    if (pending !== undefined) {
      const signatures = Math.min(...FLAVOURS.map(flavour => pending.signatureCount(flavour)))
      if (signatures >= needed) {
        this.#published = this.#schedule.intervalStarts
        this.#deps.publish({ns: pending.document('ns'), microdesc: pending.document('microdesc')})
        const validAfter = new Date(this.#schedule.intervalStarts * 1000)
        this.#deps.log({kind: 'published', signatures, validAfter})
      } else {
        this.#deps.log({kind: 'too-few-signatures', signatures, needed})
      }
    }
    this.#pending = undefined
    this.#detached = undefined
    this.#queued = []
    this.#box.close()
    const live = this.#deps.liveConsensus(new Date(this.#deps.nowMs()))
    if (live !== undefined) this.#deps.sharedRandom?.adopt(live.sharedRandom)
  }
}
