// Which relays may not be on one circuit together (path-spec 2.2): the same relay twice, two of one family, two of one
// network, since whoever has two places of a circuit may learn both its ends.

import {isPrivateIp} from '../bytes/ip-address.ts'
import {equal} from '../bytes/octets.ts'
import {isSameFamily, type Relay} from './relay.ts'

/** Octets of an address that make a network: /16 of IPv4, /32 of IPv6. */
const IPV4_NETWORK = 2
const IPV6_NETWORK = 4

/** A relay at the end of a path, which the consensus need not list: others may have named it. */
export interface PathEnd {
  readonly rsaIdentity: Uint8Array
  readonly ed25519Identity: Uint8Array | undefined
  readonly addresses: readonly {readonly octets: Uint8Array}[]
  /** Its entry, where the consensus has one. */
  readonly relay?: Relay | undefined
}

export function pathEndOf(relay: Relay): PathEnd {
  const {ipv4, ipv6, identity} = relay.status
  const addresses = ipv6 === undefined ? [ipv4.address] : [ipv4.address, ipv6.address]
  return {
    rsaIdentity: identity,
    ed25519Identity: relay.ed25519,
    addresses: addresses.map(octets => ({octets})),
    relay
  }
}

/** Either identity is enough. */
export function isSameRelay(relay: Relay, end: PathEnd): boolean {
  const {ed25519Identity} = end
  if (equal(relay.status.identity, end.rsaIdentity)) return true
  return relay.ed25519 !== undefined && ed25519Identity !== undefined && equal(relay.ed25519, ed25519Identity)
}

/** True when the two must not be on one circuit. Private addresses are no networks: all of a test network has the same. */
export function conflicts(relay: Relay, end: PathEnd): boolean {
  if (isSameRelay(relay, end)) return true
  if (end.relay !== undefined && isSameFamily(relay, end.relay)) return true
  return pathEndOf(relay).addresses.some(({octets: ours}) =>
    end.addresses.some(({octets}) => isSameNetwork(ours, octets))
  )
}

function isSameNetwork(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length || isPrivateIp(a) || isPrivateIp(b)) return false
  const length = a.length === 4 ? IPV4_NETWORK : IPV6_NETWORK
  return equal(a.subarray(0, length), b.subarray(0, length))
}
