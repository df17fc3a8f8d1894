// What crosses between the main thread and an onion-skin worker: plain data only, a batch at a time, all octets of a batch in
// one piece and what else is known of its skins in columns, which costs a fraction of as many objects. Keys travel with
// every batch, because Piscina cannot address one worker; the generation says whether the worker has imported them yet.

import {wipe} from '../bytes/octets.ts'
import type {CircuitExtensionPolicy} from '../crypto/circuit-extensions.ts'
import type {RelayCellCrypto} from '../crypto/key-material.ts'
import type {OnionSkinFault} from '../crypto/onion-skin.ts'
import {type PackedOctets, packOctets, unpackOctets} from './packed-octets.ts'

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
  readonly types: readonly OnionSkinType[]
  readonly skins: PackedOctets
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

/** By column, in the order of the onion skins. */
export interface PackedVerdicts {
  /** '' for those that are answered. */
  readonly refusals: readonly (OnionSkinFault['code'] | '')[]
  /** Of each skin its reply and then its key material, both empty where it is refused. */
  readonly octets: PackedOctets
  readonly relayCrypto: readonly RelayCellCrypto[]
  /** 0 where there is none. */
  readonly sendmeIncrements: readonly number[]
}

export interface OnionSkinVerdicts {
  readonly verdicts: PackedVerdicts
  /** Time spent on the whole batch. */
  readonly elapsedUs: number
}

const NOTHING = new Uint8Array(0)

/** Wipes the key material of what it packs. */
export function packVerdicts(verdicts: readonly OnionSkinVerdict[]): PackedVerdicts {
  const answered = verdicts.map(verdict => (verdict.kind === 'answered' ? verdict : undefined))
  const octets = packOctets(answered.flatMap(each => [each?.reply ?? NOTHING, each?.keyMaterial ?? NOTHING]))
  for (const each of answered) if (each !== undefined) wipe(each.keyMaterial)
  return {
    octets,
    refusals: verdicts.map(verdict => (verdict.kind === 'refused' ? verdict.code : '')),
    relayCrypto: answered.map(each => each?.relayCrypto ?? 'tor1'),
    sendmeIncrements: answered.map(each => each?.sendmeIncrement ?? 0)
  }
}

/** Each with octets of its own, because circuits keep them for unequal times; what was packed is wiped. */
export function unpackVerdicts({
  refusals,
  octets,
  relayCrypto,
  sendmeIncrements
}: PackedVerdicts): OnionSkinVerdict[] {
  const pieces = unpackOctets(octets)
  const verdicts = refusals.map((code, i): OnionSkinVerdict => {
    if (code !== '') return {kind: 'refused', code}
    return {
      kind: 'answered',
      reply: (pieces[2 * i] ?? NOTHING).slice(),
      keyMaterial: (pieces[2 * i + 1] ?? NOTHING).slice(),
      relayCrypto: relayCrypto[i] ?? 'tor1',
      sendmeIncrement: sendmeIncrements[i] || undefined
    }
  })
  wipe(octets.octets)
  return verdicts
}
