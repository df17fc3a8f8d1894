// DisableNetwork in words, the same for every kind of node.

import type {RelayConfig} from '../config/relay-config.ts'
import type {Logger} from '../log/logger.ts'

/** What is not there while it is set, for whoever asks what a node lacks. */
export const NETWORK_DISABLED = 'DisableNetwork is set'

/** Said when it changes, and at a start with it. */
export function tellOfNetwork({disableNetwork}: RelayConfig, logger: Logger): void {
  logger.notice(
    disableNetwork
      ? `${NETWORK_DISABLED}: no port is open but those for control, metrics and status, and no connection is made or kept.`
      : 'DisableNetwork is not set any more: ports open, and connections are made again.'
  )
}
