// One authority's part in the shared random protocol (srv-spec 3.3), from round to round.
//
//   commit phase:  our commit and those that other authorities vote for are kept, each authority's first
//   reveal phase:  the reveal to a commit is kept if it holds; our own goes into our votes from now on
//   next run:      the current value becomes the previous, the reveals become the current, new commits are made
//
// What a consensus says of the values always goes before what we computed. The state says so when it changed, since it
// must survive a restart: an authority that forgot its commit could not reveal.

import {toBase16} from '../../../bytes/base16.ts'
import {equal} from '../../../bytes/octets.ts'
import type {SharedRandomValue} from '../../../netdoc/consensus/consensus.ts'
import {isKept, makeCommit, type SharedRandomCommit} from '../../../netdoc/vote/shared-random-commit.ts'
import type {VotedSharedRandom} from '../../../netdoc/vote/vote.ts'
import {computeSharedRandom} from './compute.ts'
import {phaseAt, runEnd, type SharedRandomPhase} from './phase.ts'

/** What is kept over a restart. Times in seconds since 1970. */
export interface SharedRandomMemory {
  readonly validAfter: number
  readonly validUntil: number
  readonly commits: readonly SharedRandomCommit[]
  readonly previous: SharedRandomValue | undefined
  readonly current: SharedRandomValue | undefined
}

export interface SharedRandomDeps {
  /** Our v3 identity, 20 octets. */
  readonly identity: Uint8Array
  /** The identities of all authorities. */
  readonly authorities: readonly Uint8Array[]
  /** Of the newest consensus, or what the settings say. */
  readonly intervalSeconds: () => number
  /** 32 octets that nobody can predict. */
  readonly random: () => Uint8Array
  readonly changed: (memory: SharedRandomMemory) => void
}

export class SharedRandomState {
  readonly #deps: SharedRandomDeps
  readonly #commits = new Map<string, SharedRandomCommit>()
  #phase: SharedRandomPhase
  #validAfter: number
  #validUntil: number
  #previous: SharedRandomValue | undefined
  #current: SharedRandomValue | undefined
  #isFresh = false

  /** @param now seconds since 1970 @param memory what was kept; too old, it counts as none */
  constructor(now: number, memory: SharedRandomMemory | undefined, deps: SharedRandomDeps) {
    this.#deps = deps
    const kept = memory !== undefined && memory.validUntil >= now ? memory : undefined
    const intervalSeconds = deps.intervalSeconds()
    this.#phase = phaseAt(kept?.validAfter ?? now, intervalSeconds)
    this.#validAfter = kept?.validAfter ?? 0
    this.#validUntil = kept?.validUntil ?? runEnd(now, now, intervalSeconds)
    this.#previous = kept?.previous
    this.#current = kept?.current
    for (const commit of kept?.commits ?? []) this.#commits.set(toBase16(commit.identity), commit)
  }

  get phase(): SharedRandomPhase {
    return this.#phase
  }

  /** True in the round whose votes propose a value that no consensus had yet. */
  get isFresh(): boolean {
    return this.#isFresh
  }

  get commits(): readonly SharedRandomCommit[] {
    return [...this.#commits.values()]
  }

  /** What our vote says. Reveals stay out of it until everybody has committed. */
  get forVote(): VotedSharedRandom {
    const commits = this.commits.map(commit =>
      this.#phase === 'commit' ? {...commit, reveal: undefined} : commit
    )
    return {commits, previous: this.#previous, current: this.#current}
  }

  /** Prepares for the round whose consensus becomes valid at `validAfter`. A second time for one round nothing happens. */
  prepareRound(validAfter: number): void {
    if (validAfter <= this.#validAfter) return
    const phase = phaseAt(validAfter, this.#deps.intervalSeconds())
    if (phase !== this.#phase) {
      if (phase === 'commit') this.#startRun(validAfter)
      this.#phase = phase
    } else if (phase === 'commit' && this.#commits.size === 0) {
      this.#commitAnew(validAfter)
    }
    this.#validAfter = validAfter
    this.#save()
  }

  /** What an authority's vote says of its own number; what it says of others' is theirs to say. */
  receive(voter: Uint8Array, commits: readonly SharedRandomCommit[]): void {
    if (!this.#deps.authorities.some(authority => equal(authority, voter))) return
    for (const commit of commits) {
      if (!equal(commit.identity, voter) || !this.#isWanted(commit)) continue
      this.#commits.set(toBase16(voter), commit)
      this.#save()
    }
  }

  /** The values of a consensus that was published; they count from then on, even if there are none. */
  adopt(values: Pick<VotedSharedRandom, 'previous' | 'current'>): void {
    this.#isFresh = false
    this.#previous = values.previous
    this.#current = values.current
    this.#save()
  }

  #isWanted({identity, commit, reveal}: SharedRandomCommit): boolean {
    const known = this.#commits.get(toBase16(identity))
    if (this.#phase === 'commit') return known === undefined && reveal === undefined
    if (known === undefined || known.commit !== commit || known.reveal !== undefined) return false
    return reveal !== undefined && isKept(commit, reveal)
  }

  #startRun(validAfter: number): void {
    if (this.#phase === 'reveal') {
      this.#previous = this.#current
      const {authorities} = this.#deps
      const known = this.commits.filter(({identity}) => authorities.some(each => equal(each, identity)))
      this.#current = computeSharedRandom(known, this.#previous)
      this.#isFresh = true
    }
    this.#validUntil = runEnd(validAfter, validAfter, this.#deps.intervalSeconds())
    this.#commits.clear()
    this.#commitAnew(validAfter)
  }

  #commitAnew(validAfter: number): void {
    const {identity, random} = this.#deps
    this.#commits.set(toBase16(identity), makeCommit(identity, validAfter, random()))
  }

  #save(): void {
    this.#deps.changed({
      validAfter: this.#validAfter,
      validUntil: this.#validUntil,
      commits: this.commits,
      previous: this.#previous,
      current: this.#current
    })
  }
}
