// What was seen before, so that a message that is played back is not acted on twice. An entry stays for good, or for a
// while; beyond the bound the oldest goes. Only what proved authentic is put in, so that nobody but those who can make
// authentic messages can push anything out.

import {KeyedIndex} from '../../crypto/keyed-index.ts'

export interface ReplayCacheOptions {
  readonly entriesMax: number
  /** How long an entry stays; Infinity: until it is pushed out. */
  readonly forMs: number
  readonly nowMs: () => number
}

export class ReplayCache {
  readonly #options: ReplayCacheOptions
  readonly #index = new KeyedIndex()
  /** When each was put in; a Map keeps that order. */
  readonly #seenAtMs = new Map<string, number>()

  constructor(options: ReplayCacheOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#seenAtMs.size
  }

  has(octets: Uint8Array): boolean {
    return this.#isFresh(this.#seenAtMs.get(this.#index.key(octets)))
  }

  /** False, and nothing changes, when the octets are there already. */
  add(octets: Uint8Array): boolean {
    const key = this.#index.key(octets)
    if (this.#isFresh(this.#seenAtMs.get(key))) return false
    this.#seenAtMs.delete(key)
    this.#seenAtMs.set(key, this.#options.nowMs())
    this.#dropOld()
    return true
  }

  #isFresh(seenAtMs: number | undefined): boolean {
    return seenAtMs !== undefined && this.#options.nowMs() - seenAtMs < this.#options.forMs
  }

  #dropOld(): void {
    for (const [key, seenAtMs] of this.#seenAtMs) {
      if (this.#seenAtMs.size <= this.#options.entriesMax && this.#isFresh(seenAtMs)) return
      this.#seenAtMs.delete(key)
    }
  }
}
