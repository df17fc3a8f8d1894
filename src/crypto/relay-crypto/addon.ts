// RelayCrypto over the addon. The C++ side owns keys, keystream and digests and is named by two integers; what a call
// may return is turned into the same BugErrors that the plain twin throws.
//
// The native state is freed by `close` alone, or with its thread: whoever opens a direction closes it.

import type {Addon} from '../binding.ts'
import {addonBug, kernelPlace} from './addon-status.ts'
import {
  checkRelayKeys,
  RELAY_TAG_SIZE,
  type RelayAlgorithm,
  type RelayCrypto,
  type RelayDirection
} from './relay-direction.ts'

const ALGORITHM_NUMBERS = {tor1: 0, hs: 1} as const

class AddonDirection implements RelayDirection {
  readonly #addon: Addon
  readonly #slot: number
  readonly #generation: number
  #isOpen = true

  constructor(addon: Addon, slot: number, generation: number) {
    this.#addon = addon
    this.#slot = slot
    this.#generation = generation
  }

  crypt(body: Uint8Array): void {
    const status = this.#addon.crypt(this.#slot, this.#generation, body)
    if (status !== undefined) throw addonBug(status)
  }

  recognize(body: Uint8Array): boolean {
    const answer = this.#addon.recognize(this.#slot, this.#generation, body)
    if (typeof answer !== 'boolean') throw addonBug(answer)
    return answer
  }

  seal(body: Uint8Array): void {
    const status = this.#addon.seal(this.#slot, this.#generation, body)
    if (status !== undefined) throw addonBug(status)
  }

  tag(): Uint8Array {
    const tag = new Uint8Array(RELAY_TAG_SIZE)
    const status = this.#addon.tag(this.#slot, this.#generation, tag)
    if (status !== undefined) throw addonBug(status)
    return tag
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const status = this.#addon.close(this.#slot, this.#generation)
    if (status !== undefined) throw addonBug(status)
  }
}

/** Cell cryptography on one kernel of the addon; by default the one that this process has chosen. */
export function addonRelayCrypto(addon: Addon, kernel: string = addon.kernel): RelayCrypto {
  const place = kernelPlace(addon, kernel)
  const handle = new Uint32Array(2)
  return {
    name: `addon:${kernel}`,
    open(algorithm: RelayAlgorithm, digestSeed: Uint8Array, key: Uint8Array) {
      checkRelayKeys(algorithm, digestSeed, key)
      const status = addon.open(ALGORITHM_NUMBERS[algorithm], digestSeed, key, place, handle)
      if (status !== undefined) throw addonBug(status)
      return new AddonDirection(addon, handle[0] as number, handle[1] as number)
    }
  }
}
