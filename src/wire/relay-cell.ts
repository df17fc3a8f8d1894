// The decrypted body of a RELAY or RELAY_EARLY cell in its V0 layout: a header by which a hop recognizes its own cells,
// and the relay message.

import {bytes, type Decoded, enumOf, format, rest, u8, u16} from '../codec/codec.ts'
import {CELL_BODY_LENGTH} from './channel-cell.ts'

/** tor-spec 6.1, rend-spec-v3 3, prop 324 and 329. */
export const RelayCommand = {
  BEGIN: 1,
  DATA: 2,
  END: 3,
  CONNECTED: 4,
  SENDME: 5,
  EXTEND: 6,
  EXTENDED: 7,
  TRUNCATE: 8,
  TRUNCATED: 9,
  DROP: 10,
  RESOLVE: 11,
  RESOLVED: 12,
  BEGIN_DIR: 13,
  EXTEND2: 14,
  EXTENDED2: 15,
  CONFLUX_LINK: 19,
  CONFLUX_LINKED: 20,
  CONFLUX_LINKED_ACK: 21,
  CONFLUX_SWITCH: 22,
  ESTABLISH_INTRO: 32,
  ESTABLISH_RENDEZVOUS: 33,
  INTRODUCE1: 34,
  INTRODUCE2: 35,
  RENDEZVOUS1: 36,
  RENDEZVOUS2: 37,
  INTRO_ESTABLISHED: 38,
  RENDEZVOUS_ESTABLISHED: 39,
  INTRODUCE_ACK: 40,
  PADDING_NEGOTIATE: 41,
  PADDING_NEGOTIATED: 42,
  XOFF: 43,
  XON: 44
} as const

/** Octets of a relay cell's body: what the layers of a circuit encrypt. */
export const RELAY_BODY = CELL_BODY_LENGTH
/** Octets of the V0 header. */
export const RELAY_HEADER = 11
/** The most octets that one relay message can have in a V0 cell. */
export const MAX_RELAY_DATA = RELAY_BODY - RELAY_HEADER

/** Bounds of every relay message. What follows the last field is passed over, so that later versions can add to it. */
export const RELAY_MESSAGE = {limit: MAX_RELAY_DATA, trailing: 'ignore'} as const

export const relayCellV0 = format(
  'relay cell V0',
  {spec: 'tor-spec 6.1', limit: RELAY_BODY},
  {
    command: enumOf(u8, RelayCommand),
    /** 0 in a cell that is for this hop; anything in one that is not. */
    recognized: u16,
    streamId: u16,
    /** The first octets of the running digest over all cells in this direction, with this field as 0. */
    digest: bytes(4),
    data: bytes(u16, {max: MAX_RELAY_DATA}),
    padding: rest()
  }
)
export type RelayCellV0 = Decoded<typeof relayCellV0>
