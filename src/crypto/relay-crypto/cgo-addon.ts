// CgoCrypto over the addon. The C++ side owns keys, nonces and tweaks and is named by two integers.
//
// The native state is freed by `close` alone, or with its thread: whoever opens a hop closes it.

import type {Addon} from '../binding.ts'
import {addonBug, kernelPlace} from './addon-status.ts'
import {
  CGO_FIRST_TWEAKS,
  CGO_TAG_SIZE,
  type CgoCrypto,
  type CgoHop,
  type CgoOrigin,
  type CgoRelay,
  checkCgoKeys
} from './cgo-hop.ts'

const RELAY = 0
const ORIGIN = 1

class AddonHop implements CgoHop {
  protected readonly addon: Addon
  protected readonly slot: number
  protected readonly generation: number
  #isOpen = true

  constructor(addon: Addon, slot: number, generation: number) {
    this.addon = addon
    this.slot = slot
    this.generation = generation
  }

  originate(command: number, body: Uint8Array): void {
    const status = this.addon.cgoOriginate(this.slot, this.generation, command, body)
    if (status !== undefined) throw addonBug(status)
  }

  tag(): Uint8Array {
    const tag = new Uint8Array(CGO_TAG_SIZE)
    const status = this.addon.cgoTag(this.slot, this.generation, tag)
    if (status !== undefined) throw addonBug(status)
    return tag
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const status = this.addon.cgoClose(this.slot, this.generation)
    if (status !== undefined) throw addonBug(status)
  }
}

class AddonRelay extends AddonHop implements CgoRelay {
  outbound(command: number, body: Uint8Array): boolean {
    const answer = this.addon.cgoOutbound(this.slot, this.generation, command, body)
    if (typeof answer !== 'boolean') throw addonBug(answer)
    return answer
  }

  inbound(command: number, body: Uint8Array): void {
    const answer = this.addon.cgoInbound(this.slot, this.generation, command, body)
    if (typeof answer !== 'boolean') throw addonBug(answer)
  }
}

class AddonOrigin extends AddonHop implements CgoOrigin {
  outbound(command: number, body: Uint8Array): void {
    const answer = this.addon.cgoOutbound(this.slot, this.generation, command, body)
    if (typeof answer !== 'boolean') throw addonBug(answer)
  }

  inbound(command: number, body: Uint8Array): boolean {
    const answer = this.addon.cgoInbound(this.slot, this.generation, command, body)
    if (typeof answer !== 'boolean') throw addonBug(answer)
    return answer
  }
}

/** CGO on one kernel of the addon; by default the one that this process has chosen. */
export function addonCgoCrypto(addon: Addon, kernel: string = addon.kernel): CgoCrypto {
  const place = kernelPlace(addon, kernel)
  const handle = new Uint32Array(2)
  const open = (end: number, material: Uint8Array, tweaks: Uint8Array): readonly [number, number] => {
    checkCgoKeys(material, tweaks)
    const status = addon.cgoOpen(end, material, tweaks, place, handle)
    if (status !== undefined) throw addonBug(status)
    return [handle[0] as number, handle[1] as number]
  }
  return {
    name: `addon:${kernel}`,
    openRelay: (material, tweaks = CGO_FIRST_TWEAKS) =>
      new AddonRelay(addon, ...open(RELAY, material, tweaks)),
    openOrigin: (material, tweaks = CGO_FIRST_TWEAKS) =>
      new AddonOrigin(addon, ...open(ORIGIN, material, tweaks))
  }
}
