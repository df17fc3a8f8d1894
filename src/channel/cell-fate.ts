// What becomes of a cell on an open channel, by its command alone (tor-spec 3, 4). The link handshake is over by then: its
// cells are out of place, and some of them show that the peer's handshake is not the one we had with it.

import {assertNever} from '../fault/fault.ts'
import {ChannelCommand} from '../wire/channel-cell.ts'

const {
  PADDING,
  CREATE,
  CREATED,
  RELAY,
  DESTROY,
  CREATE_FAST,
  CREATED_FAST,
  VERSIONS,
  NETINFO,
  RELAY_EARLY,
  CREATE2,
  CREATED2,
  PADDING_NEGOTIATE,
  VPADDING,
  CERTS,
  AUTH_CHALLENGE,
  AUTHENTICATE,
  AUTHORIZE
} = ChannelCommand

type Command = (typeof ChannelCommand)[keyof typeof ChannelCommand]

/**
 * relay: RELAY or RELAY_EARLY of a circuit. control: creates or destroys a circuit. padding-negotiate: see padding.ts.
 * padding: counted and dropped. ignored: dropped. close: the channel ends with the fault 'unexpected-cell'.
 */
export type CellFate = 'relay' | 'control' | 'padding-negotiate' | 'padding' | 'ignored' | 'close'

/** Unknown commands are ignored, so that later versions of the protocol can add some. */
export function openCellFate(command: number): CellFate {
  return FATES[command] ?? 'ignored'
}

const FATES: readonly CellFate[] = Object.values(ChannelCommand).reduce<CellFate[]>((fates, command) => {
  fates[command] = fateOf(command)
  return fates
}, [])

function fateOf(command: Command): CellFate {
  switch (command) {
    case RELAY:
    case RELAY_EARLY:
      return 'relay'
    case CREATE:
    case CREATED:
    case CREATE_FAST:
    case CREATED_FAST:
    case CREATE2:
    case CREATED2:
    case DESTROY:
      return 'control'
    case PADDING_NEGOTIATE:
      return 'padding-negotiate'
    case PADDING:
    case VPADDING:
      return 'padding'
    case VERSIONS:
    case NETINFO:
    case AUTHORIZE:
      return 'ignored'
    case CERTS:
    case AUTH_CHALLENGE:
    case AUTHENTICATE:
      return 'close'
    default:
      return assertNever(command)
  }
}
