// One relay as the directory knows it: its entry in the consensus, and what its microdescriptor or router descriptor adds.

import {equal} from '../bytes/octets.ts'
import type {RelayStatus} from '../netdoc/consensus/consensus.ts'
import type {Microdescriptor} from '../netdoc/microdescriptor.ts'
import type {RouterDescriptor} from '../netdoc/router-descriptor/router-descriptor.ts'

/** The flags that mean something to ramson (dir-spec 3.4.2). */
export type RelayFlag =
  | 'Authority'
  | 'BadExit'
  | 'Exit'
  | 'Fast'
  | 'Guard'
  | 'HSDir'
  | 'MiddleOnly'
  | 'NoEdConsensus'
  | 'Running'
  | 'Stable'
  | 'StaleDesc'
  | 'Sybil'
  | 'V2Dir'
  | 'Valid'

/** What is needed to make a circuit through the relay. */
export interface RelayKeys {
  readonly ntorOnionKey: Uint8Array
  readonly ed25519: Uint8Array | undefined
  readonly family: readonly string[]
  readonly familyIds: readonly string[]
}

export interface Relay {
  readonly status: RelayStatus
  /** 40 hexadecimal digits in upper case. */
  readonly fingerprint: string
  /** Undefined while its microdescriptor or descriptor is not here. */
  readonly keys: RelayKeys | undefined
  /**
   * The Ed25519 identity, when the authorities agree on it and no other relay has the same. An entry without is a relay
   * that cannot be extended to by Ed25519 identity.
   */
  readonly ed25519: Uint8Array | undefined
}

export function hasFlag(relay: Relay, flag: RelayFlag): boolean {
  return relay.status.flags.has(flag)
}

export function keysOf(descriptor: Microdescriptor | RouterDescriptor): RelayKeys {
  const {ntorOnionKey, ed25519, family, familyIds} = descriptor
  return {ntorOnionKey, ed25519, family, familyIds}
}

/** True when each names the other in its family, or both have a family key in common: not for one circuit. */
export function isSameFamily(a: Relay, b: Relay): boolean {
  if (equal(a.status.identity, b.status.identity)) return true
  if (a.keys === undefined || b.keys === undefined) return false
  const {familyIds} = b.keys
  if (a.keys.familyIds.some(id => familyIds.includes(id))) return true
  return names(a.keys.family, b) && names(b.keys.family, a)
}

function names(family: readonly string[], relay: Relay): boolean {
  return family.some(
    member =>
      member.slice(0, 41).toUpperCase() === `$${relay.fingerprint}` || member === relay.status.nickname
  )
}
