// XON and XOFF: flow control of a stream on a circuit that has congestion control.

import {constant, type Decoded, message, u8, u32} from '../codec/codec.ts'
import {RELAY_MESSAGE, RelayCommand} from './relay-cell.ts'

export const xoff = message(
  'XOFF',
  {spec: 'prop 324 4.1', command: RelayCommand.XOFF, ...RELAY_MESSAGE},
  {version: constant(u8, 0)}
)
export type Xoff = Decoded<typeof xoff>

export const xon = message(
  'XON',
  {spec: 'prop 324 4.1', command: RelayCommand.XON, ...RELAY_MESSAGE},
  {
    version: constant(u8, 0),
    /** Rate that the sender can drain, in 1000 octets per second; 0 for no limit. */
    kbpsEwma: u32
  }
)
export type Xon = Decoded<typeof xon>
