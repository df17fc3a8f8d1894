// What an onion service tells its clients in a descriptor (rend-spec-v3 2.5.2), and how a descriptor that cannot be read
// says so.

import type {Fault} from '../../fault/fault.ts'
import type {LinkSpecifier} from '../../wire/link-specifier.ts'
import type {NetdocFault} from '../fault.ts'
import type {Protocols} from '../protocols.ts'

/** More introduction points than this make a descriptor invalid. */
export const MAX_INTRODUCTION_POINTS = 20

export interface HsIntroductionPoint {
  readonly linkSpecifiers: readonly LinkSpecifier[]
  /** Of the relay, X25519. */
  readonly ntorOnionKey: Uint8Array
  /** Names the introduction circuit at the relay, Ed25519. */
  readonly authKey: Uint8Array
  /** The service's at this introduction point, X25519. */
  readonly encryptionKey: Uint8Array
}

export interface HsFlowControl {
  /** Versions of the protocol FlowCtrl. */
  readonly protocols: Protocols
  /** Cells between two SENDMEs, 1 to 255. */
  readonly sendmeIncrement: number
}

/** Proof of work of version 1: what a client would have to work on. */
export interface HsPowParams {
  /** 32 octets. */
  readonly seed: Uint8Array
  readonly suggestedEffort: number
  readonly expiresAt: Date
}

export interface HsDescriptorContent {
  readonly isSingleOnion: boolean
  /** Undefined: the service has no congestion control. */
  readonly flowControl: HsFlowControl | undefined
  readonly powParams: HsPowParams | undefined
  readonly introductionPoints: readonly HsIntroductionPoint[]
}

/** `hs-client-auth-needed`: nobody can read the inner layer without a client key, or not with the one at hand. */
export type HsDescriptorFault =
  | NetdocFault
  | Fault<'hs-descriptor-undecryptable' | 'hs-client-auth-needed' | 'hs-client-auth-bad', never>
