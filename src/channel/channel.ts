// What is known of a channel before and after its link handshake. They are two types on purpose: circuits are only ever
// given a `VerifiedChannel`, and the one place that makes such a value is the end of a handshake (`verifiedChannel`).

import {equal} from '../bytes/octets.ts'
import {isCanonical} from './canonical.ts'
import {type CircIdHalf, ownCircIdHalf} from './circ-id.ts'
import type {NetinfoClaims} from './netinfo.ts'
import type {ProvenRelay} from './peer-certs.ts'

/** An address as octets, 4 (IPv4) or 16 (IPv6), and a TCP port. */
export interface PeerAddress {
  readonly octets: Uint8Array
  readonly port: number
}

/** Who is at the other end, as the link handshake proved it. A client is whoever proved nothing. */
export type ChannelPeer =
  | {
      readonly kind: 'relay'
      /** 20 octets: SHA-1 of the RSA identity key. */
      readonly rsaIdentity: Uint8Array
      /** 32 octets. */
      readonly ed25519Identity: Uint8Array
    }
  | {readonly kind: 'client'}

export type ChannelRole = 'responder' | 'initiator'

/** A channel in its handshake: a link version is agreed on, and nothing that the peer says of itself is proved. */
export interface UnverifiedChannel {
  readonly role: ChannelRole
  readonly linkVersion: number
  /** Where the TCP connection came from or went to. */
  readonly address: PeerAddress
  /** Our own addresses, as we publish them, 4 or 16 octets each. */
  readonly ownAddresses: readonly Uint8Array[]
  /** When VERSIONS was sent or came, in seconds since 1970. */
  readonly startedAtSeconds: number
}

declare const verified: unique symbol

/** A channel whose handshake ended well. */
export interface VerifiedChannel {
  readonly [verified]: true
  readonly role: ChannelRole
  readonly linkVersion: number
  readonly peer: ChannelPeer
  readonly address: PeerAddress
  /** We have proved our own identity to the peer, so that it may use the channel for its circuits to us. */
  readonly weAuthenticated: boolean
  /** The half of the circuit ids that we allocate from. */
  readonly ownCircIdHalf: CircIdHalf
  /** Our address as the peer sees it, 4 or 16 octets. */
  readonly observedOwnAddress: Uint8Array
  /** What the peer calls its own addresses, 4 or 16 octets each. */
  readonly peerAddresses: readonly Uint8Array[]
  /** The peer's address is one that it claims. What the consensus says may make it canonical too, see canonical.ts. */
  readonly isCanonical: boolean
  /** The peer sees us under an address that we claim. */
  readonly isCanonicalToPeer: boolean
  /** The peer's clock in seconds since 1970; undefined when it did not tell. */
  readonly peerTime: number | undefined
  /** Peer clock minus ours; undefined when the peer did not tell or the handshake took too long to judge. */
  readonly clockSkewSeconds: number | undefined
}

/** NETINFO of a slower handshake says nothing about the peer's clock. */
const MAX_HANDSHAKE_SECONDS_FOR_SKEW = 180

/** What the handshake found out, for the channel that comes out of it. */
export interface HandshakeFindings {
  readonly channel: UnverifiedChannel
  /** Undefined: the peer proved nothing. */
  readonly relay: ProvenRelay | undefined
  readonly weAuthenticated: boolean
  /** PKCS#1 DER; undefined: we are a client. */
  readonly ownRsaKeyDer: Uint8Array | undefined
  readonly netinfo: NetinfoClaims
  readonly nowSeconds: number
}

/** The channel after a handshake that ended well. Called by the states that receive NETINFO, and nowhere else. */
export function verifiedChannel(findings: HandshakeFindings): VerifiedChannel {
  const {channel, relay, netinfo, nowSeconds} = findings
  const {role, linkVersion, address, ownAddresses} = channel
  const prompt = nowSeconds - channel.startedAtSeconds < MAX_HANDSHAKE_SECONDS_FOR_SKEW
  const peer: ChannelPeer =
    relay === undefined
      ? {kind: 'client'}
      : {kind: 'relay', rsaIdentity: relay.rsaIdentity, ed25519Identity: relay.ed25519Identity}
  const fields: Omit<VerifiedChannel, typeof verified> = {
    role,
    linkVersion,
    peer,
    address,
    weAuthenticated: findings.weAuthenticated,
    ownCircIdHalf: ownCircIdHalf(linkVersion, role, {own: findings.ownRsaKeyDer, peer: relay?.rsaKeyDer}),
    observedOwnAddress: netinfo.observedAddress,
    peerAddresses: netinfo.claimedAddresses,
    isCanonical: isCanonical(peer, address.octets, netinfo.claimedAddresses),
    isCanonicalToPeer: ownAddresses.some(own => equal(own, netinfo.observedAddress)),
    peerTime: netinfo.peerTime,
    clockSkewSeconds: netinfo.peerTime === undefined || !prompt ? undefined : netinfo.peerTime - nowSeconds
  }
  return Object.freeze(fields) as VerifiedChannel
}
