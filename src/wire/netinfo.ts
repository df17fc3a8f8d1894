// NETINFO: the time, the address that the sender sees its peer at, and the addresses it calls its own.

import {bytes, type Decoded, list, message, tagged, u8, u32, variant} from '../codec/codec.ts'
import {ChannelCommand, FIXED_CELL} from './channel-cell.ts'

/** tor-spec 4.5. */
export const AddressType = {HOSTNAME: 0, IPV4: 4, IPV6: 6, ERROR_TRANSIENT: 0xf0, ERROR: 0xf1} as const

/** An address of another type, or of a known type with a wrong length, decodes as unknown: it closes the link as the
 * other side's address and is passed over among the sender's own. */
const netinfoAddress = tagged(
  {tag: u8, length: u8, misfit: 'raw'},
  {
    ipv4: variant(AddressType.IPV4, {address: bytes(4)}),
    ipv6: variant(AddressType.IPV6, {address: bytes(16)})
  }
)
export type NetinfoAddress = Decoded<typeof netinfoAddress>

export const netinfo = message(
  'NETINFO',
  {spec: 'tor-spec 4.5', command: ChannelCommand.NETINFO, ...FIXED_CELL},
  {
    /** Seconds since 1970; clients send 0. */
    time: u32,
    otherAddress: netinfoAddress,
    myAddresses: list(u8, netinfoAddress)
  }
)
export type Netinfo = Decoded<typeof netinfo>
