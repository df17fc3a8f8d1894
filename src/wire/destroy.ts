// DESTROY: a circuit is gone, and why.

import {type Decoded, enumOf, message, u8} from '../codec/codec.ts'
import {ChannelCommand, FIXED_CELL} from './channel-cell.ts'

/** tor-spec 5.4; also the reasons of TRUNCATE and TRUNCATED. */
export const DestroyReason = {
  NONE: 0,
  TORPROTOCOL: 1,
  INTERNAL: 2,
  REQUESTED: 3,
  HIBERNATING: 4,
  RESOURCELIMIT: 5,
  CONNECTFAILED: 6,
  OR_IDENTITY: 7,
  CHANNEL_CLOSED: 8,
  FINISHED: 9,
  TIMEOUT: 10,
  DESTROYED: 11,
  NOSUCHSERVICE: 12
} as const
export type DestroyReason = (typeof DestroyReason)[keyof typeof DestroyReason]

export const destroy = message(
  'DESTROY',
  {spec: 'tor-spec 5.4', command: ChannelCommand.DESTROY, ...FIXED_CELL},
  {reason: enumOf(u8, DestroyReason)}
)
export type Destroy = Decoded<typeof destroy>
