// One hop of a circuit that we built: its keys in both directions and the flow control that we have with it. The origin
// does for every hop what the hop does for itself: what the relay decrypts we encrypt, and the other way round.

import {type RelayDirection, relayCrypto} from '../crypto/relay-crypto/relay-crypto.ts'
import {KEY_MATERIAL_LENGTH} from '../dataplane/relay-keys.ts'
import {BugError} from '../fault/fault.ts'
import type {CircuitFlow} from './circuit-flow.ts'

export class OriginHop {
  readonly outbound: RelayDirection
  readonly inbound: RelayDirection
  readonly flow: CircuitFlow

  /** `material`: Df 20, Db 20, Kf 16, Kb 16 octets (tor-spec 5.2.2); wiped once the keys are in place. */
  constructor(material: Uint8Array, flow: CircuitFlow) {
    if (material.length < KEY_MATERIAL_LENGTH.tor1) throw new BugError('origin-hop-key-length')
    const crypto = relayCrypto()
    this.outbound = crypto.open('tor1', material.subarray(0, 20), material.subarray(40, 56))
    this.inbound = crypto.open('tor1', material.subarray(20, 40), material.subarray(56, 72))
    this.flow = flow
    material.fill(0)
  }

  close(): void {
    this.outbound.close()
    this.inbound.close()
  }
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
