// Which relay an EXTEND2 names, and the reasons for which we will not extend to it (tor-spec 5.3).

import {isPrivateIp} from '../bytes/ip-address.ts'
import {equal, isAllZero} from '../bytes/octets.ts'
import type {ChannelPeer} from '../channel/channel.ts'
import type {RelayTarget} from '../dataplane/channel-map.ts'
import type {SocketAddress} from '../dataplane/contract.ts'
import {type Fault, peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import type {LinkSpecifier} from '../wire/link-specifier.ts'

export type ExtendTargetFault = Fault<
  | 'no-rsa-identity'
  | 'two-identities'
  | 'zero-identity'
  | 'no-address'
  | 'zero-port'
  | 'private-address'
  | 'to-ourselves'
  | 'to-previous-hop',
  never
>

export interface ExtendRules {
  readonly ownRsaIdentity: Uint8Array
  readonly ownEd25519Identity: Uint8Array
  readonly allowPrivateAddresses: boolean
  readonly canUseIpv6: boolean
  /** What the consensus knows of the relay, to fill in an Ed25519 identity that the EXTEND2 leaves out. */
  readonly listedEd25519: (rsaIdentity: Uint8Array) => Uint8Array | undefined
}

/**
 * The relay to extend to. Of several addresses of one kind the first counts; unknown specifiers are passed over.
 * @param previous the peer of the channel that the circuit came in on
 */
export function extendTarget(
  specifiers: readonly LinkSpecifier[],
  previous: ChannelPeer | undefined,
  rules: ExtendRules
): Result<RelayTarget, ExtendTargetFault> {
  const rsa = specifiers.filter(specifier => specifier.kind === 'rsaIdentity')
  const ed25519 = specifiers.filter(specifier => specifier.kind === 'ed25519Identity')
  const rsaIdentity = rsa[0]?.identity
  if (rsaIdentity === undefined) return err(peerFault('no-rsa-identity'))
  if (rsa.length > 1 || ed25519.length > 1) return err(peerFault('two-identities'))
  if (isAllZero(rsaIdentity)) return err(peerFault('zero-identity'))
  const named = ed25519[0]?.identity
  // All zero means unknown here.
  const given = named === undefined || isAllZero(named) ? undefined : named
  const ed25519Identity = given ?? rules.listedEd25519(rsaIdentity)

  const addresses = usableAddresses(specifiers, rules.canUseIpv6)
  if (addresses.length === 0) return err(peerFault('no-address'))
  if (addresses.some(address => address.port === 0)) return err(peerFault('zero-port'))
  if (!rules.allowPrivateAddresses && addresses.some(address => isPrivateIp(address.octets))) {
    return err(peerFault('private-address'))
  }
  if (isRelay(rsaIdentity, ed25519Identity, rules.ownRsaIdentity, rules.ownEd25519Identity)) {
    return err(peerFault('to-ourselves'))
  }
  if (
    previous?.kind === 'relay' &&
    isRelay(rsaIdentity, ed25519Identity, previous.rsaIdentity, previous.ed25519Identity)
  ) {
    return err(peerFault('to-previous-hop'))
  }
  return ok({
    rsaIdentity: rsaIdentity.slice(),
    ed25519Identity: ed25519Identity?.slice(),
    addresses
  })
}

/** The first IPv4 and, where we can use it, the first IPv6 address, IPv4 first. Copies: the target outlives the cell. */
function usableAddresses(specifiers: readonly LinkSpecifier[], canUseIpv6: boolean): SocketAddress[] {
  const found: SocketAddress[] = []
  for (const kind of canUseIpv6 ? (['ipv4', 'ipv6'] as const) : (['ipv4'] as const)) {
    const first = specifiers.find(specifier => specifier.kind === kind)
    if (first?.kind === kind) found.push({octets: first.address.slice(), port: first.port})
  }
  return found
}

/** Either identity is enough to be the same relay. */
function isRelay(
  rsa: Uint8Array,
  ed25519: Uint8Array | undefined,
  otherRsa: Uint8Array,
  otherEd25519: Uint8Array | undefined
): boolean {
  return (
    equal(rsa, otherRsa) ||
    (ed25519 !== undefined && otherEd25519 !== undefined && equal(ed25519, otherEd25519))
  )
}
