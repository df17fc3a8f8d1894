// EXTEND2: the origin asks the last hop of a circuit to add another one.

import {bytes, type Decoded, enumOf, list, message, u8, u16} from '../codec/codec.ts'
import {HandshakeType} from './create.ts'
import {linkSpecifier} from './link-specifier.ts'
import {RELAY_MESSAGE, RelayCommand} from './relay-cell.ts'

export const extend2 = message(
  'EXTEND2',
  {spec: 'tor-spec 5.1.2', command: RelayCommand.EXTEND2, ...RELAY_MESSAGE},
  {
    linkSpecifiers: list(u8, linkSpecifier),
    handshakeType: enumOf(u16, HandshakeType),
    onionSkin: bytes(u16)
  }
)
export type Extend2 = Decoded<typeof extend2>
