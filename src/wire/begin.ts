// The messages that open a stream and carry its octets.

import {type Decoded, ignored, message, optional, rest, textToNul, u32} from '../codec/codec.ts'
import {MAX_RELAY_DATA, RELAY_MESSAGE, RelayCommand} from './relay-cell.ts'

/** tor-spec 6.2. */
export const BeginFlag = {IPV6_OKAY: 1, IPV4_NOT_OKAY: 2, IPV6_PREFERRED: 4} as const

export const begin = message(
  'BEGIN',
  {spec: 'tor-spec 6.2', command: RelayCommand.BEGIN, ...RELAY_MESSAGE},
  {
    /** Host name or address (IPv6 in brackets), a colon, and the port. */
    addressPort: textToNul,
    /** Sums of BeginFlag; left out when 0. */
    flags: optional(u32)
  }
)
export type Begin = Decoded<typeof begin>

export const beginDir = message(
  'BEGIN_DIR',
  {spec: 'tor-spec 6.2.1', command: RelayCommand.BEGIN_DIR, limit: MAX_RELAY_DATA, noncanonical: true},
  {body: ignored()}
)
export type BeginDir = Decoded<typeof beginDir>

export const data = message(
  'DATA',
  {spec: 'tor-spec 6.3', command: RelayCommand.DATA, limit: MAX_RELAY_DATA},
  {data: rest()}
)
export type Data = Decoded<typeof data>

export const drop = message(
  'DROP',
  {spec: 'tor-spec 7.2', command: RelayCommand.DROP, limit: MAX_RELAY_DATA, noncanonical: true},
  {filler: ignored()}
)
export type Drop = Decoded<typeof drop>
