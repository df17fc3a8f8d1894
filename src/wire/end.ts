// END: a stream is over, and why.

import {type Decoded, enumOf, message, rest, u8} from '../codec/codec.ts'
import {MAX_RELAY_DATA, RelayCommand} from './relay-cell.ts'

/** tor-spec 6.3. */
export const EndReason = {
  MISC: 1,
  RESOLVEFAILED: 2,
  CONNECTREFUSED: 3,
  EXITPOLICY: 4,
  DESTROY: 5,
  DONE: 6,
  TIMEOUT: 7,
  NOROUTE: 8,
  HIBERNATING: 9,
  INTERNAL: 10,
  RESOURCELIMIT: 11,
  CONNRESET: 12,
  TORPROTOCOL: 13,
  NOTDIRECTORY: 14
} as const
export type EndReason = (typeof EndReason)[keyof typeof EndReason]

export const end = message(
  'END',
  {spec: 'tor-spec 6.3', command: RelayCommand.END, limit: MAX_RELAY_DATA},
  {
    /** A body without one is a fault: C tor closes the circuit for it (TROVE-2026-011). */
    reason: enumOf(u8, EndReason),
    /** With EXITPOLICY, the address refused (4 or 16 octets) and its TTL; some relays send neither or cut them off. */
    detail: rest()
  }
)
export type End = Decoded<typeof end>
