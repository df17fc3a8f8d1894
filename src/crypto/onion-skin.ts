// What the circuit handshakes have in common: why an onion skin or the answer to one is refused. The circuit layer maps
// every one of these to DESTROY with reason TORPROTOCOL, so the codes are for counting and for tests.

import type {Fault} from '../fault/fault.ts'

export type OnionSkinFault = Fault<
  | 'onion-skin-length'
  | 'onion-skin-other-relay'
  | 'onion-skin-unknown-key'
  | 'onion-skin-weak-point'
  | 'onion-skin-mac'
  | 'onion-skin-extensions',
  never
>

export type OnionSkinAnswerFault = Fault<
  'handshake-answer-length' | 'handshake-answer-weak-point' | 'handshake-answer-auth',
  never
>

/** What the relay sends back and the secret both sides then share, in the order that the relay cryptography takes it. */
export interface OnionSkinAnswer {
  readonly reply: Uint8Array
  readonly keyMaterial: Uint8Array
}
