// Cells on a channel: their commands, their sizes, and the headers that framing and the data plane read by offset.
// Only framing may find that it needs more octets; what a cell's body holds is declared in the other files here.

import {bytes, enumOf, format, message, rest, u8, u16, u32} from '../codec/codec.ts'

/** tor-spec 3. */
export const ChannelCommand = {
  PADDING: 0,
  CREATE: 1,
  CREATED: 2,
  RELAY: 3,
  DESTROY: 4,
  CREATE_FAST: 5,
  CREATED_FAST: 6,
  VERSIONS: 7,
  NETINFO: 8,
  RELAY_EARLY: 9,
  CREATE2: 10,
  CREATED2: 11,
  PADDING_NEGOTIATE: 12,
  VPADDING: 128,
  CERTS: 129,
  AUTH_CHALLENGE: 130,
  AUTHENTICATE: 131,
  AUTHORIZE: 132
} as const

/** Octets in the body of a fixed cell. */
export const CELL_BODY_LENGTH = 509
/** Octets in the longest body of a variable cell. */
export const MAX_VARIABLE_BODY_LENGTH = 0xffff

/** VERSIONS, and every command from 128 on, announces its own length (tor-spec 3). */
export function isVariableLength(command: number): boolean {
  return command === ChannelCommand.VERSIONS || command >= 128
}

/** Bounds of every message that fills a fixed cell: framing pads it, and what pads it is not looked at. */
export const FIXED_CELL = {limit: CELL_BODY_LENGTH, trailing: 'ignore'} as const
/** Bounds of every message in a variable cell; receivers pass over what a later version adds at the end. */
export const VARIABLE_CELL = {limit: MAX_VARIABLE_BODY_LENGTH, trailing: 'ignore'} as const

const command = enumOf(u8, ChannelCommand)

/** A fixed cell from link protocol 4 on. */
export const fixedCell = format(
  'fixed cell',
  {spec: 'tor-spec 3', limit: 514},
  {circId: u32, command, body: bytes(CELL_BODY_LENGTH)}
)

/** A variable cell from link protocol 4 on. */
export const variableCell = format(
  'variable cell',
  {spec: 'tor-spec 3'},
  {circId: u32, command, body: bytes(u16)}
)

/** A fixed cell of link protocol 3. */
export const narrowFixedCell = format(
  'narrow fixed cell',
  {spec: 'tor-spec 3', limit: 512},
  {circId: u16, command, body: bytes(CELL_BODY_LENGTH)}
)

/** A variable cell of link protocol 3, and VERSIONS on every link. */
export const narrowVariableCell = format(
  'narrow variable cell',
  {spec: 'tor-spec 3'},
  {circId: u16, command, body: bytes(u16)}
)

export const padding = message(
  'PADDING',
  {spec: 'tor-spec 7.2', command: ChannelCommand.PADDING, limit: CELL_BODY_LENGTH},
  {filler: rest()}
)

export const vpadding = message(
  'VPADDING',
  {spec: 'tor-spec 7.2', command: ChannelCommand.VPADDING, limit: MAX_VARIABLE_BODY_LENGTH},
  {filler: rest()}
)
