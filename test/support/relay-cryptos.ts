// Every implementation of the cell cryptography that this machine can run, so that a suite over RelayCrypto is written once.

import {addonRelayCrypto} from '../../src/crypto/relay-crypto/addon.ts'
import {addonCgoCrypto} from '../../src/crypto/relay-crypto/cgo-addon.ts'
import type {CgoCrypto} from '../../src/crypto/relay-crypto/cgo-hop.ts'
import {plainCgoCrypto} from '../../src/crypto/relay-crypto/cgo-plain.ts'
import {plainRelayCrypto} from '../../src/crypto/relay-crypto/plain.ts'
import type {RelayCrypto} from '../../src/crypto/relay-crypto/relay-crypto.ts'
import {builtAddon} from './addon.ts'

/** The plain twin, then every kernel of the addon where there is one. */
export function relayCryptos(): readonly RelayCrypto[] {
  const {addon} = builtAddon
  if (addon === undefined) return [plainRelayCrypto]
  return [plainRelayCrypto, ...addon.kernels.map(kernel => addonRelayCrypto(addon, kernel))]
}

/** The same for CGO. */
export function cgoCryptos(): readonly CgoCrypto[] {
  const {addon} = builtAddon
  if (addon === undefined) return [plainCgoCrypto]
  return [plainCgoCrypto, ...addon.kernels.map(kernel => addonCgoCrypto(addon, kernel))]
}
