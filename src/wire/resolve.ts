// RESOLVE and RESOLVED: a name looked up by the relay at the end of a circuit.

import {
  bytes,
  type Decoded,
  listToEnd,
  message,
  rest,
  struct,
  tagged,
  textToEnd,
  textToNul,
  u8,
  u32,
  variant
} from '../codec/codec.ts'
import {AddressType} from './netinfo.ts'
import {RELAY_MESSAGE, RelayCommand} from './relay-cell.ts'

export const resolve = message(
  'RESOLVE',
  {spec: 'tor-spec 6.4', command: RelayCommand.RESOLVE, ...RELAY_MESSAGE},
  {hostname: textToNul}
)
export type Resolve = Decoded<typeof resolve>

const answer = tagged(
  {tag: u8, length: u8},
  {
    hostname: variant(AddressType.HOSTNAME, {name: textToEnd}),
    ipv4: variant(AddressType.IPV4, {address: bytes(4)}),
    ipv6: variant(AddressType.IPV6, {address: bytes(16)}),
    errorTransient: variant(AddressType.ERROR_TRANSIENT, {detail: rest()}),
    error: variant(AddressType.ERROR, {detail: rest()})
  }
)

export const resolved = message(
  'RESOLVED',
  {spec: 'tor-spec 6.4', command: RelayCommand.RESOLVED, ...RELAY_MESSAGE},
  /** `ttl` in seconds. */
  {answers: listToEnd(struct({answer, ttl: u32}))}
)
export type Resolved = Decoded<typeof resolved>
