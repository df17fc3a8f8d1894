// AUTH_CHALLENGE: the responder's offer to an initiator that wants to authenticate.

import {bytes, type Decoded, enumOf, list, message, u16} from '../codec/codec.ts'
import {AuthType} from './authenticate.ts'
import {ChannelCommand, VARIABLE_CELL} from './channel-cell.ts'

export const authChallenge = message(
  'AUTH_CHALLENGE',
  {spec: 'tor-spec 4.3', command: ChannelCommand.AUTH_CHALLENGE, ...VARIABLE_CELL},
  {challenge: bytes(32), methods: list(u16, enumOf(u16, AuthType))}
)
export type AuthChallenge = Decoded<typeof authChallenge>
