// Everyone who can answer onion skins: node:crypto, and the addon on every kernel of this machine.

import type {DrawSecrets, OnionSkinResponder} from '../../src/crypto/onion-skin-responder.ts'
import {nativeOnionSkins} from '../../src/crypto/onion-skins-native.ts'
import {plainOnionSkins} from '../../src/crypto/onion-skins-plain.ts'
import {builtAddon} from './addon.ts'

export interface NamedResponder {
  readonly name: string
  readonly make: (onionKeys: readonly Uint8Array[], drawSecrets?: DrawSecrets) => OnionSkinResponder
}

const {addon} = builtAddon

export const responders: readonly NamedResponder[] = [
  {name: 'node:crypto', make: plainOnionSkins},
  ...(addon?.kernels ?? []).map((name, kernel) => ({
    name: `addon on ${name}`,
    make: (onionKeys: readonly Uint8Array[], drawSecrets?: DrawSecrets) =>
      addon === undefined
        ? plainOnionSkins(onionKeys, drawSecrets)
        : nativeOnionSkins(addon, onionKeys, drawSecrets, kernel)
  }))
]

/** The same secret for every skin of a batch. */
export function always(secret: Uint8Array): DrawSecrets {
  return count => {
    const secrets = new Uint8Array(count * secret.length)
    for (let i = 0; i < count; i++) secrets.set(secret, i * secret.length)
    return secrets
  }
}
