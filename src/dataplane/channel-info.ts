// What the control plane is told of a channel that has just opened.

import type {VerifiedChannel} from '../channel/channel.ts'
import type {ChannelInfo} from './contract.ts'
import type {Link} from './link.ts'

export function channelInfo(link: Link, verified: VerifiedChannel): ChannelInfo {
  return {
    channel: link.handle,
    direction: link.direction,
    linkVersion: verified.linkVersion,
    peer: verified.peer,
    address: link.address,
    claimedAddresses: verified.peerAddresses,
    ownAddressSeen: verified.observedOwnAddress,
    isCanonicalToPeer: verified.isCanonicalToPeer,
    ownCircIdHalf: verified.ownCircIdHalf,
    weAuthenticated: verified.weAuthenticated,
    clockSkewSeconds: verified.clockSkewSeconds,
    openedAtMs: Date.now(),
    connect: link.connect
  }
}
