// NETINFO, the last cell of a link handshake: what time each end has, under which address it sees the other, and which
// addresses it calls its own (tor-spec 4.5).

import {decode, encode} from '../codec/codec.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {AddressType, type NetinfoAddress, netinfo} from '../wire/netinfo.ts'
import {type ChannelFault, channelFault} from './fault.ts'

/** What a peer says in NETINFO. Claims: only its address of us was ever of use to somebody else than the peer. */
export interface NetinfoClaims {
  /** Seconds since 1970; undefined when the peer did not tell, as clients do not. */
  readonly peerTime: number | undefined
  /** Our address as the peer sees it, 4 or 16 octets. */
  readonly observedAddress: Uint8Array
  /** What the peer calls its own addresses, 4 or 16 octets each. */
  readonly claimedAddresses: readonly Uint8Array[]
}

/** Reads a NETINFO body. The octets of the result are copies. */
export function readNetinfo(body: Uint8Array): Result<NetinfoClaims, ChannelFault> {
  const decoded = decode(netinfo, body)
  if (!decoded.ok) return err(channelFault('cell-malformed', {detail: decoded.fault.code}))
  const {time, otherAddress, myAddresses} = decoded.value
  const observedAddress = octetsOf(otherAddress)
  if (observedAddress === undefined) return err(channelFault('netinfo-address'))
  return ok({
    peerTime: time === 0 ? undefined : time,
    observedAddress,
    // An address of a kind that we cannot read makes nothing else that the peer says wrong.
    claimedAddresses: myAddresses.flatMap(address => octetsOf(address) ?? [])
  })
}

/**
 * The body of our NETINFO.
 * @param time seconds since 1970; 0: we do not tell
 * @param peerAddress 4 or 16 octets
 * @param ownAddresses 4 or 16 octets each
 */
export function netinfoBody(
  time: number,
  peerAddress: Uint8Array,
  ownAddresses: readonly Uint8Array[]
): Uint8Array {
  return encode(netinfo, {
    time,
    otherAddress: addressOf(peerAddress),
    myAddresses: ownAddresses.map(addressOf)
  })
}

function octetsOf(address: NetinfoAddress): Uint8Array | undefined {
  return address.kind === 'unknown' ? undefined : address.address.slice()
}

function addressOf(octets: Uint8Array): NetinfoAddress {
  switch (octets.length) {
    case 4:
      return {kind: 'ipv4', address: octets}
    case 16:
      return {kind: 'ipv6', address: octets}
    default:
      return {kind: 'unknown', tag: AddressType.ERROR, body: new Uint8Array(0)}
  }
}
