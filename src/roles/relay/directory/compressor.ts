// Compressed bodies, within bounds: how many are being made at once, and how many octets of those made for one answer are
// held until it is sent. Copies of what everybody asks for (a consensus) are made once a coding and live as long as the
// original does.

import {type ContentCoding, compress} from './content-coding.ts'

export interface CompressorLimits {
  /** Bodies being compressed at once. */
  readonly jobsMax: number
  /** Octets of bodies made for single answers: those being compressed, before, and those being sent, after. */
  readonly heldMax: number
}

/** A body to send; whoever got it releases it when the answer is over. */
export interface CompressedBody {
  readonly octets: Uint8Array
  release(): void
}

type Coding = Exclude<ContentCoding, 'identity'>

export class Compressor {
  readonly #limits: CompressorLimits
  readonly #kept = new WeakMap<Uint8Array, Map<Coding, Promise<Uint8Array>>>()
  #jobs = 0
  #held = 0

  constructor(limits: CompressorLimits) {
    this.#limits = limits
  }

  /** Octets held for single answers. */
  get held(): number {
    return this.#held
  }

  /** The same copy for everybody who asks for these octets. */
  async once(octets: Uint8Array, coding: Coding): Promise<CompressedBody> {
    const copies = this.#kept.get(octets) ?? new Map<Coding, Promise<Uint8Array>>()
    this.#kept.set(octets, copies)
    const copy = copies.get(coding) ?? compress(coding, octets, 'small')
    copies.set(coding, copy)
    return {octets: await copy, release: () => {}}
  }

  /** Undefined: there is too much of this under way. */
  async eachTime(pieces: readonly Uint8Array[], coding: Coding): Promise<CompressedBody | undefined> {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const {jobsMax, heldMax} = this.#limits
    if (this.#jobs >= jobsMax || this.#held + length > heldMax) return undefined
    this.#jobs++
    this.#held += length
    const octets = await compress(coding, Buffer.concat(pieces, length), 'quick')
    this.#jobs--
    this.#held += octets.length - length
    let isHeld = true
    const release = () => {
      if (isHeld) this.#held -= octets.length
      isHeld = false
    }
    return {octets, release}
  }
}
