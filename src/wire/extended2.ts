// EXTENDED2: the new hop's half of the handshake, on its way back to the origin.

import {bytes, type Decoded, message, u16} from '../codec/codec.ts'
import {RELAY_MESSAGE, RelayCommand} from './relay-cell.ts'

export const extended2 = message(
  'EXTENDED2',
  {spec: 'tor-spec 5.1.2', command: RelayCommand.EXTENDED2, ...RELAY_MESSAGE},
  {reply: bytes(u16)}
)
export type Extended2 = Decoded<typeof extended2>
