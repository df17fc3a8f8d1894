// Diffs from older consensuses of one flavour to the newest (dir-spec 4.5). They are made when somebody first asks, away
// from the main thread, and kept until the next consensus comes. Of the older ones only the text is kept, and only of the
// last few, and of none that is too old: a client that was away for longer fetches the whole.

import {toBase16} from '../../../bytes/base16.ts'
import type {Consensus, ConsensusText} from '../../../netdoc/consensus/consensus.ts'
import {diffBaseDigest} from '../../../netdoc/consensus-diff/apply.ts'

type DatedText = ConsensusText & Pick<Consensus, 'validAfter'>

/** How old what diffs start from may be. */
export interface DiffAge {
  readonly nowMs: () => number
  readonly maxAgeMs: () => number
}

const NO_LIMIT: DiffAge = {nowMs: Date.now, maxAgeMs: () => Number.POSITIVE_INFINITY}

/** Undefined when it could not be made. Never rejects. */
export type MakeConsensusDiff = (
  base: ConsensusText,
  target: ConsensusText
) => Promise<Uint8Array | undefined>

/** Hours, as consensuses come: clients fetch every two or three. A text has two to three million octets. */
const BASES_MAX = 6

export class ConsensusDiffs {
  readonly #make: MakeConsensusDiff | undefined
  /** By hash, oldest first. */
  readonly #bases = new Map<string, DatedText>()
  readonly #made = new Map<string, Promise<Uint8Array | undefined>>()
  readonly #clock: DiffAge
  #target: DatedText | undefined

  constructor(make: MakeConsensusDiff | undefined, clock: DiffAge = NO_LIMIT) {
    this.#make = make
    this.#clock = clock
  }

  /** The newest consensus; the one before becomes a base. */
  setTarget({octets, signedLength, validAfter}: DatedText): void {
    const former = this.#target
    this.#target = {octets, signedLength, validAfter}
    this.#made.clear()
    if (former === undefined || this.#make === undefined) return
    this.#bases.set(hashOf(former), former)
    // The same text again, or a return to an older one, is no base of itself.
    this.#bases.delete(hashOf(this.#target))
    const [oldest] = this.#bases.keys()
    if (oldest !== undefined && this.#bases.size > BASES_MAX) this.#bases.delete(oldest)
    for (const [hash, base] of this.#bases) if (this.#isTooOld(base)) this.#bases.delete(hash)
  }

  /** @param hash SHA3-256 of the base's signed part */
  async find(hash: Uint8Array): Promise<Uint8Array | undefined> {
    const name = toBase16(hash)
    const base = this.#bases.get(name)
    if (base === undefined || this.#target === undefined || this.#isTooOld(base)) return undefined
    const made = this.#made.get(name) ?? this.#make?.(base, this.#target)
    if (made !== undefined) this.#made.set(name, made)
    return made
  }

  #isTooOld({validAfter}: DatedText): boolean {
    const {nowMs, maxAgeMs} = this.#clock
    return validAfter.getTime() < nowMs() - maxAgeMs()
  }
}

function hashOf(text: ConsensusText): string {
  return toBase16(diffBaseDigest(text))
}
