// The relay's side of the circuit handshakes, a batch at a time, and the choice of who does the work: the addon where it
// loads, else node:crypto. Both are always importable by name for tests that compare them; everything else asks here.

import type {Result} from '../fault/result.ts'
import {loadAddon} from './binding.ts'
import type {NtorV3Decide} from './ntor-v3.ts'
import type {OnionSkinAnswer, OnionSkinFault} from './onion-skin.ts'
import {nativeOnionSkins} from './onion-skins-native.ts'
import {plainOnionSkins} from './onion-skins-plain.ts'

export type NtorAnswered = Result<OnionSkinAnswer, OnionSkinFault>
export type NtorV3Answered<Agreed> = Result<OnionSkinAnswer & {readonly agreed: Agreed}, OnionSkinFault>

/** Answers onion skins with the onion keys it was made with. Answers come in the order of the skins. */
export interface OnionSkinResponder {
  /** tor-spec 5.1.4. `identity`: SHA-1 RSA identity. `keyLength` octets of key material for each skin. */
  ntor(skins: readonly Uint8Array[], identity: Uint8Array, keyLength: number): NtorAnswered[]
  /**
   * Proposal 332. `identity`: Ed25519 identity. `decide` is asked about every genuine message.
   * @param verification is that of CREATE2 and EXTEND2 where it is left out.
   */
  ntorV3<Agreed>(
    skins: readonly Uint8Array[],
    identity: Uint8Array,
    decide: NtorV3Decide<Agreed>,
    verification?: Uint8Array
  ): NtorV3Answered<Agreed>[]
}

/** Gives `count` secrets of 32 octets in one piece, for tests that must know them. */
export type DrawSecrets = (count: number) => Uint8Array

/** @param onionKeys secrets of 32 octets each, the current one first */
export function onionSkinResponder(onionKeys: readonly Uint8Array[]): OnionSkinResponder {
  const {addon} = loadAddon()
  return addon === undefined ? plainOnionSkins(onionKeys) : nativeOnionSkins(addon, onionKeys)
}
