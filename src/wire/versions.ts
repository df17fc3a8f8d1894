// VERSIONS: the link protocols one side speaks. Always framed with a 2-octet circuit id, on every link.

import {type Decoded, listToEnd, message, u16} from '../codec/codec.ts'
import {ChannelCommand, MAX_VARIABLE_BODY_LENGTH} from './channel-cell.ts'

export const versions = message(
  'VERSIONS',
  // An odd octet at the end is a fault: C tor closes the link for it.
  {spec: 'tor-spec 4.1', command: ChannelCommand.VERSIONS, limit: MAX_VARIABLE_BODY_LENGTH},
  {versions: listToEnd(u16)}
)
export type Versions = Decoded<typeof versions>
