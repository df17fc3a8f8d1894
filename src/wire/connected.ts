// CONNECTED: the stream is open, and to which address.

import {isAllZero} from '../bytes/octets.ts'
import {bytes, choice, constant, type Decoded, message, u8, u32, zeros} from '../codec/codec.ts'
import {RELAY_MESSAGE, RelayCommand} from './relay-cell.ts'

/** An answer to BEGIN_DIR and a stream of an onion service have no address to tell. TTLs are in seconds. */
export const connected = message(
  'CONNECTED',
  {spec: 'tor-spec 6.2', command: RelayCommand.CONNECTED, ...RELAY_MESSAGE},
  choice(pickForm, {
    empty: {},
    ipv4: {address: bytes(4), ttl: u32},
    ipv6: {marker: zeros(4), type: constant(u8, 6), address: bytes(16), ttl: u32}
  })
)
export type Connected = Decoded<typeof connected>

function pickForm(body: Uint8Array): 'empty' | 'ipv4' | 'ipv6' {
  if (body.length === 0) return 'empty'
  return isAllZero(body.subarray(0, 4)) ? 'ipv6' : 'ipv4'
}
