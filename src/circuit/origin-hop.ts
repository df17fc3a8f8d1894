// One hop of a circuit that we built: its keys in both directions and the flow control that we have with it. The origin
// does for every hop what the hop does for itself: what the relay decrypts we encrypt, and the other way round.
//
// The last hop of a joined rendezvous circuit is no relay but the other end: client and onion service share its keys, and
// each writes with what the other reads with.

import {HS_KEY_MATERIAL_LENGTH} from '../crypto/hs/hs-ntor.ts'
import {type RelayDirection, relayCrypto} from '../crypto/relay-crypto/relay-crypto.ts'
import {KEY_MATERIAL_LENGTH, KH_LENGTH} from '../dataplane/relay-keys.ts'
import {BugError} from '../fault/fault.ts'
import type {CircuitFlow} from './circuit-flow.ts'

/** Which end of the hop between client and service we are. */
export type HsEnd = 'client' | 'service'

export interface OriginHop {
  readonly outbound: RelayDirection
  readonly inbound: RelayDirection
  readonly flow: CircuitFlow
  /** KH, which ties an ESTABLISH_INTRO to the circuit; none where the hop is no relay. */
  readonly keyHash: Uint8Array | undefined
}

/** `material`: Df 20, Db 20, Kf 16, Kb 16, KH 20 octets (tor-spec 5.2.2); wiped once the keys are in place. */
export function openRelayHop(material: Uint8Array, flow: CircuitFlow): OriginHop {
  const keysLength = KEY_MATERIAL_LENGTH.tor1
  if (material.length < keysLength + KH_LENGTH) throw new BugError('origin-hop-key-length')
  const crypto = relayCrypto()
  const outbound = crypto.open('tor1', material.subarray(0, 20), material.subarray(40, 56))
  const inbound = crypto.open('tor1', material.subarray(20, 40), material.subarray(56, 72))
  const keyHash = new Uint8Array(material.subarray(keysLength, keysLength + KH_LENGTH))
  material.fill(0)
  return {outbound, inbound, flow, keyHash}
}

/** `material`: Df 32, Db 32, Kf 32, Kb 32 octets, forward being from client to service (rend-spec-v3 4.2.1); wiped. */
export function openHsHop(material: Uint8Array, end: HsEnd, flow: CircuitFlow): OriginHop {
  if (material.length !== HS_KEY_MATERIAL_LENGTH) throw new BugError('hs-hop-key-length')
  const crypto = relayCrypto()
  const forward = crypto.open('hs', material.subarray(0, 32), material.subarray(64, 96))
  const backward = crypto.open('hs', material.subarray(32, 64), material.subarray(96, 128))
  material.fill(0)
  return end === 'client'
    ? {outbound: forward, inbound: backward, flow, keyHash: undefined}
    : {outbound: backward, inbound: forward, flow, keyHash: undefined}
}

export function closeHop({outbound, inbound, keyHash}: OriginHop): void {
  outbound.close()
  inbound.close()
  keyHash?.fill(0)
}

/** Seals a body for hop `last` and wraps it in the layers of that hop and of all before it. */
export function encryptForHop(hops: readonly OriginHop[], last: number, body: Uint8Array): void {
  hops[last]?.outbound.seal(body)
  for (let i = last; i >= 0; i--) hops[i]?.outbound.crypt(body)
}

/** Takes off layers until a hop's message shows; its index, or undefined when no hop wrote the cell. */
export function decryptFromHops(hops: readonly OriginHop[], body: Uint8Array): number | undefined {
  for (const [i, hop] of hops.entries()) {
    hop.inbound.crypt(body)
    if (hop.inbound.recognize(body)) return i
  }
  return undefined
}
