// What crosses between the main thread and an onion-skin worker: plain data only, a batch at a time. Keys travel with
// every batch, because Piscina cannot address one worker; the generation says whether the worker has imported them yet.

import type {CircuitExtensionPolicy} from '../crypto/circuit-extensions.ts'
import type {RelayCellCrypto} from '../crypto/key-material.ts'
import type {OnionSkinFault} from '../crypto/onion-skin.ts'

export type OnionSkinType = 'ntor' | 'ntor-v3'

export interface OnionSkin {
  readonly type: OnionSkinType
  readonly octets: Uint8Array
}

/** Everything a relay needs to answer onion skins. */
export interface OnionSkinKeys {
  /** Secrets, 32 octets each: the current onion key, then those that are still answered. */
  readonly onionKeys: readonly Uint8Array[]
  /** SHA-1 RSA identity, 20 octets, which ntor names the relay by. */
  readonly rsaIdentity: Uint8Array
  /** 32 octets, which ntor-v3 names the relay by. */
  readonly ed25519Identity: Uint8Array
  readonly policy: CircuitExtensionPolicy
}

export interface OnionSkinBatch {
  readonly generation: number
  readonly keys: OnionSkinKeys
  readonly onionSkins: readonly OnionSkin[]
}

export type OnionSkinVerdict =
  | {
      readonly kind: 'answered'
      readonly reply: Uint8Array
      /** Keys of the hop, then KH. */
      readonly keyMaterial: Uint8Array
      readonly relayCrypto: RelayCellCrypto
      /** Set when the origin asked for congestion control and the reply grants it. */
      readonly sendmeIncrement: number | undefined
    }
  | {readonly kind: 'refused'; readonly code: OnionSkinFault['code']}

export interface OnionSkinVerdicts {
  /** In the order of the onion skins. */
  readonly verdicts: readonly OnionSkinVerdict[]
  /** Time spent on the whole batch. */
  readonly elapsedUs: number
}
