// The one place that says which cell cryptography runs: the addon where it loads, else its plain twin. Both are always
// importable by name for tests that compare them; everything else asks here.

import {loadAddon} from '../binding.ts'
import {addonRelayCrypto} from './addon.ts'
import {addonCgoCrypto} from './cgo-addon.ts'
import type {CgoCrypto} from './cgo-hop.ts'
import {plainCgoCrypto} from './cgo-plain.ts'
import {plainRelayCrypto} from './plain.ts'
import type {RelayCrypto} from './relay-direction.ts'

export type {CgoCrypto, CgoOrigin, CgoRelay} from './cgo-hop.ts'
export {CGO_KEY_SIZE, CGO_TAG_SIZE} from './cgo-hop.ts'
export type {RelayAlgorithm, RelayCrypto, RelayDirection} from './relay-direction.ts'
export {RELAY_BODY_SIZE, RELAY_KEY_SIZES, RELAY_TAG_SIZE} from './relay-direction.ts'

/** What runs, for the start-up log, `--version`, the metrics and the status page: a slow fallback is never silent. */
export interface DataPlaneInfo {
  readonly implementation: 'addon' | 'fallback'
  /** Why the fallback runs. */
  readonly reason?: string
  /** The kernel's name, or `node:crypto`. */
  readonly kernel: string
}

let chosen: RelayCrypto | undefined
let chosenCgo: CgoCrypto | undefined

/** The cell cryptography of this process. Throws where RAMSON_KERNEL or RAMSON_ADDON asks for what cannot be had. */
export function relayCrypto(): RelayCrypto {
  if (chosen === undefined) {
    const {addon} = loadAddon()
    chosen = addon === undefined ? plainRelayCrypto : addonRelayCrypto(addon)
  }
  return chosen
}

/** The same for hops that have agreed on CGO (subprotocol Relay=6). */
export function cgoCrypto(): CgoCrypto {
  if (chosenCgo === undefined) {
    const {addon} = loadAddon()
    chosenCgo = addon === undefined ? plainCgoCrypto : addonCgoCrypto(addon)
  }
  return chosenCgo
}

/** Which implementation both give, and why. */
export function dataPlaneInfo(): DataPlaneInfo {
  const {addon, reason} = loadAddon()
  return addon === undefined
    ? {implementation: 'fallback', reason, kernel: 'node:crypto'}
    : {implementation: 'addon', kernel: addon.kernel}
}
