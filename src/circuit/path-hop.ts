// Relays as hops of a path: from the consensus, or from the link specifiers by which somebody else names one.

import {isPrivateIp} from '../bytes/ip-address.ts'
import {isAllZero} from '../bytes/octets.ts'
import type {Relay} from '../netdir/relay.ts'
import type {LinkSpecifier} from '../wire/link-specifier.ts'
import type {PathHop} from './open-circuit.ts'

/** A relay of the consensus. */
export function pathHop({status, ed25519, keys}: Relay): PathHop {
  const {ipv4, ipv6} = status
  const addresses = [ipv4, ...(ipv6 === undefined ? [] : [ipv6])]
  return {
    rsaIdentity: status.identity,
    ed25519Identity: ed25519,
    addresses: addresses.map(({address, port}) => ({octets: address, port})),
    ntorOnionKey: keys?.ntorOnionKey
  }
}

export interface NamedHopRules {
  /** Only in private networks. */
  readonly allowPrivateAddresses: boolean
}

/**
 * A relay as a descriptor or an INTRODUCE2 names it. Undefined when both identities and an IPv4 address are not there, each
 * once at least, or when the address is one that no relay of the public network has.
 */
export function namedHop(
  specifiers: readonly LinkSpecifier[],
  ntorOnionKey: Uint8Array,
  {allowPrivateAddresses}: NamedHopRules
): PathHop | undefined {
  const rsa = specifiers.find(specifier => specifier.kind === 'rsaIdentity')
  const ed25519 = specifiers.find(specifier => specifier.kind === 'ed25519Identity')
  const ipv4 = specifiers.find(specifier => specifier.kind === 'ipv4')
  if (rsa === undefined || ed25519 === undefined || ipv4 === undefined) return undefined
  if (isAllZero(rsa.identity) || isAllZero(ed25519.identity) || ipv4.port === 0) return undefined
  if (!allowPrivateAddresses && isPrivateIp(ipv4.address)) return undefined
  const ipv6 = specifiers.find(specifier => specifier.kind === 'ipv6')
  const addresses = [ipv4, ...(ipv6 === undefined ? [] : [ipv6])]
  return {
    rsaIdentity: rsa.identity.slice(),
    ed25519Identity: ed25519.identity.slice(),
    addresses: addresses.map(({address, port}) => ({octets: address.slice(), port})),
    ntorOnionKey,
    // Unknown kinds may matter to the relay that extends.
    linkSpecifiers: specifiers
  }
}
