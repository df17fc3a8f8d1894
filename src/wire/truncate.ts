// TRUNCATE and TRUNCATED: the hops after this one are to go, or are gone.

import {type Decoded, enumOf, message, optional, u8} from '../codec/codec.ts'
import {DestroyReason} from './destroy.ts'
import {RELAY_MESSAGE, RelayCommand} from './relay-cell.ts'

export const truncate = message(
  'TRUNCATE',
  {spec: 'tor-spec 5.4', command: RelayCommand.TRUNCATE, ...RELAY_MESSAGE},
  /** Left out by some origins; C tor closes the circuit then, unless it ends here anyway. */
  {reason: optional(enumOf(u8, DestroyReason))}
)
export type Truncate = Decoded<typeof truncate>

export const truncated = message(
  'TRUNCATED',
  {spec: 'tor-spec 5.4', command: RelayCommand.TRUNCATED, ...RELAY_MESSAGE},
  {reason: enumOf(u8, DestroyReason)}
)
export type Truncated = Decoded<typeof truncated>
