// The cells that begin a circuit and answer it. What an onion skin holds is for the handshake of its type to say.

import {bytes, type Decoded, enumOf, message, u16} from '../codec/codec.ts'
import {ChannelCommand, FIXED_CELL} from './channel-cell.ts'

/** tor-spec 5.1. */
export const HandshakeType = {TAP: 0, NTOR: 2, NTOR_V3: 3} as const

export const create2 = message(
  'CREATE2',
  {spec: 'tor-spec 5.1', command: ChannelCommand.CREATE2, ...FIXED_CELL},
  {handshakeType: enumOf(u16, HandshakeType), onionSkin: bytes(u16)}
)
export type Create2 = Decoded<typeof create2>

export const created2 = message(
  'CREATED2',
  {spec: 'tor-spec 5.1', command: ChannelCommand.CREATED2, ...FIXED_CELL},
  {reply: bytes(u16)}
)
export type Created2 = Decoded<typeof created2>

export const createFast = message(
  'CREATE_FAST',
  {spec: 'tor-spec 5.1.5', command: ChannelCommand.CREATE_FAST, ...FIXED_CELL},
  /** X, the origin's half of the key material. */
  {x: bytes(20)}
)
export type CreateFast = Decoded<typeof createFast>

export const createdFast = message(
  'CREATED_FAST',
  {spec: 'tor-spec 5.1.5', command: ChannelCommand.CREATED_FAST, ...FIXED_CELL},
  /** Y, the relay's half, and KH, the derivative key hash that shows it has both. */
  {y: bytes(20), keyHash: bytes(20)}
)
export type CreatedFast = Decoded<typeof createdFast>
