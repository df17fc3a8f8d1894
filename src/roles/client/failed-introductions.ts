// Introduction points that did not work lately, so that the next attempt begins with others. Forgotten after two minutes.

import {toBase16} from '../../bytes/base16.ts'
import type {HsIntroductionPoint} from '../../netdoc/hs-descriptor/hs-descriptor.ts'

const REMEMBERED_MS = 2 * 60_000
const REMEMBERED_MAX = 4096

export class FailedIntroductions {
  readonly #now: () => number
  /** By authentication key, oldest first: such a key is of one service at one introduction point. */
  readonly #failedAtMs = new Map<string, number>()

  constructor(now: () => number) {
    this.#now = now
  }

  note({authKey}: HsIntroductionPoint): void {
    const key = toBase16(authKey)
    this.#failedAtMs.delete(key)
    this.#failedAtMs.set(key, this.#now())
    for (const oldest of this.#failedAtMs.keys()) {
      if (this.#failedAtMs.size <= REMEMBERED_MAX) break
      this.#failedAtMs.delete(oldest)
    }
  }

  has({authKey}: HsIntroductionPoint): boolean {
    const failedAt = this.#failedAtMs.get(toBase16(authKey))
    return failedAt !== undefined && this.#now() - failedAt < REMEMBERED_MS
  }

  clear(): void {
    this.#failedAtMs.clear()
  }
}
