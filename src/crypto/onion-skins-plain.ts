// Onion skins answered one by one over node:crypto: the plain twin of onion-skins-native.ts.

import {answerNtor} from './ntor.ts'
import {answerNtorV3, CIRCUIT_EXTEND} from './ntor-v3.ts'
import {OnionKeys} from './onion-keys.ts'
import type {DrawSecrets, OnionSkinResponder} from './onion-skin-responder.ts'
import {generateX25519Key, importX25519, type X25519Key} from './x25519.ts'

/** Ephemeral keys of our own where `drawSecrets` is left out. */
export function plainOnionSkins(
  onionKeys: readonly Uint8Array[],
  drawSecrets?: DrawSecrets
): OnionSkinResponder {
  const keys = new OnionKeys(onionKeys)
  const ephemeral = (): X25519Key =>
    drawSecrets === undefined ? generateX25519Key() : importX25519(drawSecrets(1))
  return {
    ntor: (skins, identity, keyLength) =>
      skins.map(skin => answerNtor(skin, identity, keys, keyLength, ephemeral())),
    ntorV3: (skins, identity, decide, verification = CIRCUIT_EXTEND) =>
      skins.map(skin => answerNtorV3(skin, identity, keys, decide, verification, ephemeral()))
  }
}
