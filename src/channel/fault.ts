// Everything that can end a channel, as one closed union, and one frozen table that says whose doing it was. There is one
// effect only: a channel has no way to tell its peer what went wrong, so every fault closes it (tor-spec 0.3, "channels").

import type {Blame, Fault} from '../fault/fault.ts'

/** What happens to a channel at a fault. */
export type ChannelFaultEffect = 'close'

interface FaultEntry {
  readonly effect: ChannelFaultEffect
  readonly blame: Blame
}

const byPeer: FaultEntry = Object.freeze({effect: 'close', blame: 'peer'})
const byUs: FaultEntry = Object.freeze({effect: 'close', blame: 'local'})

/** Every code of a `ChannelFault`; safe to log and to label a metric with. */
export const CHANNEL_FAULTS = Object.freeze({
  // framing (tor-spec 3)
  'cell-too-long': byPeer,
  // the shape of the handshake (tor-spec 4)
  'handshake-too-long': byPeer,
  'versions-odd-length': byPeer,
  'no-common-version': byPeer,
  'unexpected-cell': byPeer,
  'circ-id-nonzero': byPeer,
  'cell-malformed': byPeer,
  // CERTS (tor-spec 4.2, cert-spec)
  'cert-duplicate': byPeer,
  'cert-missing': byPeer,
  'cert-malformed': byPeer,
  'cert-expired': byPeer,
  'cert-bad-signature': byPeer,
  'cert-wrong-key': byPeer,
  'rsa-identity-invalid': byPeer,
  // AUTHENTICATE (tor-spec 4.4)
  'authenticate-type': byPeer,
  'authenticate-length': byPeer,
  'authenticate-mismatch': byPeer,
  'authenticate-bad-signature': byPeer,
  // NETINFO (tor-spec 4.5)
  'netinfo-address': byPeer,
  // whom we talk to
  'identity-mismatch': byPeer,
  'connected-to-self': byPeer,
  // found by the data plane, which owns the sockets and the clocks
  'tls-failed': byPeer,
  'handshake-timeout': byPeer,
  'peer-closed': byPeer,
  'exporter-unavailable': byUs
} satisfies Record<string, FaultEntry>)

export type ChannelFaultCode = keyof typeof CHANNEL_FAULTS

/** Where it happened: the state of the handshake, and the number of the command or of the certificate type. */
export interface ChannelFaultData {
  readonly state?: string
  readonly command?: number
  readonly certType?: number
  readonly detail?: string
}

export type ChannelFault = {[C in ChannelFaultCode]: Fault<C, ChannelFaultData>}[ChannelFaultCode]

/** A fault with its blame from the table. `data` must name no address and no identity. */
export function channelFault(code: ChannelFaultCode, data?: ChannelFaultData): ChannelFault {
  const {blame} = CHANNEL_FAULTS[code]
  return data === undefined ? {code, blame} : {code, blame, data}
}
