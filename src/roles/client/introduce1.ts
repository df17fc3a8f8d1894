// INTRODUCE1 (rend-spec-v3 3.2.1, 3.3): what a client has an introduction point carry to the service, encrypted to the
// service: where it waits, under which cookie, and with which half of a handshake.

import {linkSpecifiers, type PathHop} from '../../circuit/open-circuit.ts'
import {encode} from '../../codec/codec.ts'
import {
  encryptIntroduce,
  type HsNtorClientState,
  type HsNtorFault,
  openHsNtor
} from '../../crypto/hs/hs-ntor.ts'
import {BugError} from '../../fault/fault.ts'
import {ok, type Result} from '../../fault/result.ts'
import type {HsIntroductionPoint} from '../../netdoc/hs-descriptor/hs-descriptor.ts'
import {IntroAuthKeyType} from '../../wire/hs/establish-intro.ts'
import {introduce1} from '../../wire/hs/introduce.ts'
import {introducePlaintext, OnionKeyType} from '../../wire/hs/introduce-encrypted.ts'

/** Octets that the message has before the encryption adds to it, at the least: padding makes shorter ones as long. */
const MIN_LENGTH = 246
const PLACEHOLDER = new Uint8Array(1)

export interface Introduction {
  readonly point: HsIntroductionPoint
  readonly subcredential: Uint8Array
  readonly rendezvousCookie: Uint8Array
  readonly rendezvousPoint: PathHop
  readonly asksForCongestionControl: boolean
}

export interface MadeIntroduction {
  readonly body: Uint8Array
  /** For RENDEZVOUS2. */
  readonly state: HsNtorClientState
}

export function makeIntroduction(introduction: Introduction): Result<MadeIntroduction, HsNtorFault> {
  const {point, subcredential} = introduction
  const {authKey, encryptionKey} = point
  const state = openHsNtor({authKey, encryptionKey, subcredential})
  if (!state.ok) return state
  const fields = {authKeyType: IntroAuthKeyType.ED25519, authKey, extensions: []}
  const withPlaceholder = encode(introduce1, {...fields, encrypted: PLACEHOLDER})
  const header = withPlaceholder.subarray(0, withPlaceholder.length - PLACEHOLDER.length)
  const encrypted = encryptIntroduce(state.value, header, plaintext(introduction, header.length))
  return ok({body: encode(introduce1, {...fields, encrypted}), state: state.value})
}

function plaintext(
  {rendezvousCookie, rendezvousPoint, asksForCongestionControl}: Introduction,
  headerLength: number
): Uint8Array {
  const {ntorOnionKey} = rendezvousPoint
  if (ntorOnionKey === undefined) throw new BugError('rendezvous-point-without-onion-key')
  const fields = {
    rendezvousCookie,
    extensions: asksForCongestionControl ? [{kind: 'ccRequest'} as const] : [],
    onionKeyType: OnionKeyType.NTOR,
    onionKey: ntorOnionKey,
    linkSpecifiers: linkSpecifiers(rendezvousPoint),
    padding: new Uint8Array(0)
  }
  const {length} = encode(introducePlaintext, fields)
  const padding = new Uint8Array(Math.max(0, MIN_LENGTH - headerLength - length))
  return encode(introducePlaintext, {...fields, padding})
}
