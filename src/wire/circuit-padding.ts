// PADDING_NEGOTIATE and PADDING_NEGOTIATED inside a circuit: a client starts and stops a padding machine at a relay.

import {closedEnumOf, constant, type Decoded, message, u8, u32} from '../codec/codec.ts'
import {RELAY_MESSAGE, RelayCommand} from './relay-cell.ts'

/** padding-spec 3.2. */
export const CircuitPaddingCommand = {STOP: 1, START: 2} as const
export const CircuitPaddingResponse = {OK: 1, ERROR: 2} as const
export const CircuitPaddingEcho = {NO: 0, YES: 1} as const

export const circuitPaddingNegotiate = message(
  'PADDING_NEGOTIATE',
  {spec: 'padding-spec 3.2', command: RelayCommand.PADDING_NEGOTIATE, ...RELAY_MESSAGE},
  {
    version: constant(u8, 0),
    command: closedEnumOf(u8, CircuitPaddingCommand),
    machineType: u8,
    /** YES asks for a DROP in return. */
    echo: closedEnumOf(u8, CircuitPaddingEcho),
    /** Which instance of the machine a STOP means; 0 means any. */
    machineCounter: u32
  }
)
export type CircuitPaddingNegotiate = Decoded<typeof circuitPaddingNegotiate>

export const circuitPaddingNegotiated = message(
  'PADDING_NEGOTIATED',
  {spec: 'padding-spec 3.2', command: RelayCommand.PADDING_NEGOTIATED, ...RELAY_MESSAGE},
  {
    version: constant(u8, 0),
    command: closedEnumOf(u8, CircuitPaddingCommand),
    response: closedEnumOf(u8, CircuitPaddingResponse),
    machineType: u8,
    machineCounter: u32
  }
)
export type CircuitPaddingNegotiated = Decoded<typeof circuitPaddingNegotiated>
