// Who may open links to us. A data plane asks before it spends anything on a connection, and tells when one it was let in
// ends; whoever decides lies above.

import type {ChannelHandle} from './contract.ts'

export interface LinkGate {
  /** A TCP connection came from this address (4 or 16 octets); false: it is closed before TLS, and not told as closed. */
  admits(channel: ChannelHandle, address: Uint8Array): boolean
  /** A connection that was admitted is gone, verified or not. */
  closed(channel: ChannelHandle): void
}

export const OPEN_GATE: LinkGate = {admits: () => true, closed: () => {}}
