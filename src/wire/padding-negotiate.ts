// PADDING_NEGOTIATE: a client asks its guard for channel padding, or for none.

import {type Decoded, enumOf, message, u8, u16} from '../codec/codec.ts'
import {ChannelCommand, FIXED_CELL} from './channel-cell.ts'

/** padding-spec 2.2. */
export const PaddingNegotiateCommand = {STOP: 1, START: 2} as const

export const paddingNegotiate = message(
  'PADDING_NEGOTIATE',
  {spec: 'padding-spec 2.2', command: ChannelCommand.PADDING_NEGOTIATE, ...FIXED_CELL},
  {
    /** 0; a receiver passes over other versions. */
    version: u8,
    command: enumOf(u8, PaddingNegotiateCommand),
    /** Bounds of the timeout after which an idle channel is padded. */
    itoLowMs: u16,
    itoHighMs: u16
  }
)
export type PaddingNegotiate = Decoded<typeof paddingNegotiate>
